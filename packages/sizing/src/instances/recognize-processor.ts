/** Parts of Arm's cores that EC2 has: https://github.com/aws/aws-graviton-getting-started */
const ARM_PARTS: Readonly<Record<string, string>> = {
  '0xd0c': 'graviton2',
  '0xd40': 'graviton3',
  '0xd4f': 'graviton4',
};

/** Families and models of the processors that EC2 has, as CPUID reports them. */
const X86_MODELS: Readonly<Record<string, string>> = {
  'GenuineIntel 6 85': 'skylake',
  'GenuineIntel 6 106': 'ice-lake',
  'GenuineIntel 6 143': 'sapphire-rapids',
  'AuthenticAMD 25 1': 'zen3',
  'AuthenticAMD 25 17': 'zen4',
};

/**
 * Recognizes the generation of a processor by the text of `/proc/cpuinfo`; undefined for one that EC2 doesn't have.
 *
 * @example
 * ```ts
 * import { recognizeProcessor } from '@fairlead/sizing';
 *
 * console.log(recognizeProcessor('CPU implementer\t: 0x41\nCPU part\t: 0xd4f\n')); // graviton4
 * ```
 */
export function recognizeProcessor(cpuinfo: string): string | undefined {
  const field = (name: string): string =>
    new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(cpuinfo)?.[1]?.trim() ?? '';
  if (field('CPU implementer') === '0x41') return ARM_PARTS[field('CPU part')];
  return X86_MODELS[`${field('vendor_id')} ${field('cpu family')} ${field('model')}`];
}

import type { InstanceData, InstanceType } from './instance-type.ts';
import { publishedProcessors } from './published-processors.ts';

const GIBIBYTE = 1024 ** 3;

function row(
  type: string,
  processor: string,
  vcpus: number,
  memoryGiB: number,
  pricePerHour: Readonly<Record<string, number>>,
  baseline?: number,
): InstanceType {
  const { architecture = 'x86_64' } =
    publishedProcessors.find(({ name }) => name === processor) ?? {};
  return {
    type,
    processor,
    architecture,
    vcpus,
    memoryBytes: memoryGiB * GIBIBYTE,
    ...(baseline !== undefined && { baseline }),
    pricePerHour,
  };
}

/**
 * Current instance types of the families C, M, R and T, with their prices on demand in eu-central-1 and us-east-1.
 *
 * A type has no price in a region where none was found; `fairlead size --refresh` reads the prices of any region from the APIs of AWS.
 *
 * @example
 * ```ts
 * import { publishedInstances } from '@fairlead/sizing';
 *
 * const type = publishedInstances.types.find((each) => each.type === 'm8g.large');
 * console.log(type?.vcpus, type?.pricePerHour['us-east-1']); // 2 0.08976
 * ```
 */
export const publishedInstances: InstanceData = {
  format: 1,
  priceDates: { 'us-east-1': '2026-01-19', 'eu-central-1': '2025' },
  sources: [
    'us-east-1: price list of AWS as of 2026-01-19, in karpenter-provider-aws (zz_generated.pricing_aws.go)',
    'eu-central-1: price list of AWS of 2025, in skypilot-catalog 27f67dd4 (catalogs/v7/aws/vms.csv); M7i from M7i-flex, which costs 0.95 times as much',
    'baselines of T3 and T4g: EC2 User Guide, burstable performance instances',
  ],
  processors: publishedProcessors,
  types: [
    row('t4g.medium', 'graviton2', 2, 4, { 'eu-central-1': 0.0384, 'us-east-1': 0.0336 }, 0.2),
    row('t4g.large', 'graviton2', 2, 8, { 'eu-central-1': 0.0768, 'us-east-1': 0.0672 }, 0.3),
    row('t3.medium', 'skylake', 2, 4, { 'eu-central-1': 0.048, 'us-east-1': 0.0416 }, 0.2),
    row('t3.large', 'skylake', 2, 8, { 'eu-central-1': 0.096, 'us-east-1': 0.0832 }, 0.3),
    row('c7g.large', 'graviton3', 2, 4, { 'eu-central-1': 0.0825, 'us-east-1': 0.0725 }),
    row('c7g.xlarge', 'graviton3', 4, 8, { 'eu-central-1': 0.1649, 'us-east-1': 0.145 }),
    row('c7g.2xlarge', 'graviton3', 8, 16, { 'eu-central-1': 0.3298, 'us-east-1': 0.29 }),
    row('c8g.large', 'graviton4', 2, 4, { 'eu-central-1': 0.0907, 'us-east-1': 0.07976 }),
    row('c8g.xlarge', 'graviton4', 4, 8, { 'eu-central-1': 0.1814, 'us-east-1': 0.15952 }),
    row('c8g.2xlarge', 'graviton4', 8, 16, { 'eu-central-1': 0.3628, 'us-east-1': 0.31904 }),
    row('c8g.4xlarge', 'graviton4', 16, 32, { 'eu-central-1': 0.7256, 'us-east-1': 0.63808 }),
    row('c7i.large', 'sapphire-rapids', 2, 4, { 'eu-central-1': 0.10185, 'us-east-1': 0.08925 }),
    row('c7i.xlarge', 'sapphire-rapids', 4, 8, { 'eu-central-1': 0.2037, 'us-east-1': 0.1785 }),
    row('c7i.2xlarge', 'sapphire-rapids', 8, 16, { 'eu-central-1': 0.4074, 'us-east-1': 0.357 }),
    row('c7i.4xlarge', 'sapphire-rapids', 16, 32, { 'eu-central-1': 0.8148, 'us-east-1': 0.714 }),
    row('c7a.large', 'zen4', 2, 4, { 'us-east-1': 0.10264 }),
    row('c7a.xlarge', 'zen4', 4, 8, { 'us-east-1': 0.20528 }),
    row('c7a.2xlarge', 'zen4', 8, 16, { 'us-east-1': 0.41056 }),
    row('m7g.large', 'graviton3', 2, 8, { 'eu-central-1': 0.0978, 'us-east-1': 0.0816 }),
    row('m7g.xlarge', 'graviton3', 4, 16, { 'eu-central-1': 0.1955, 'us-east-1': 0.1632 }),
    row('m7g.2xlarge', 'graviton3', 8, 32, { 'eu-central-1': 0.391, 'us-east-1': 0.3264 }),
    row('m8g.large', 'graviton4', 2, 8, { 'eu-central-1': 0.10754, 'us-east-1': 0.08976 }),
    row('m8g.xlarge', 'graviton4', 4, 16, { 'eu-central-1': 0.21508, 'us-east-1': 0.17952 }),
    row('m8g.2xlarge', 'graviton4', 8, 32, { 'eu-central-1': 0.43016, 'us-east-1': 0.35904 }),
    row('m8g.4xlarge', 'graviton4', 16, 64, { 'eu-central-1': 0.86032, 'us-east-1': 0.71808 }),
    row('m7i.large', 'sapphire-rapids', 2, 8, { 'eu-central-1': 0.12075, 'us-east-1': 0.1008 }),
    row('m7i.xlarge', 'sapphire-rapids', 4, 16, { 'eu-central-1': 0.2415, 'us-east-1': 0.2016 }),
    row('m7i.2xlarge', 'sapphire-rapids', 8, 32, { 'eu-central-1': 0.483, 'us-east-1': 0.4032 }),
    row('m7a.large', 'zen4', 2, 8, { 'us-east-1': 0.11592 }),
    row('m7a.xlarge', 'zen4', 4, 16, { 'us-east-1': 0.23184 }),
    row('m7a.2xlarge', 'zen4', 8, 32, { 'us-east-1': 0.46368 }),
    row('r7g.large', 'graviton3', 2, 16, { 'eu-central-1': 0.1292, 'us-east-1': 0.1071 }),
    row('r7g.xlarge', 'graviton3', 4, 32, { 'eu-central-1': 0.2584, 'us-east-1': 0.2142 }),
    row('r8g.large', 'graviton4', 2, 16, { 'us-east-1': 0.11782 }),
    row('r8g.xlarge', 'graviton4', 4, 32, { 'us-east-1': 0.23564 }),
    row('r7i.large', 'sapphire-rapids', 2, 16, { 'us-east-1': 0.1323 }),
    row('r7i.xlarge', 'sapphire-rapids', 4, 32, { 'us-east-1': 0.2646 }),
  ],
};

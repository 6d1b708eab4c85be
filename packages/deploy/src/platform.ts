/** Platform of hosts: Linux on x86-64, or on 64-bit Arm (Graviton). */
export type Platform = 'linux-x64' | 'linux-arm64';

/**
 * All platforms of hosts.
 *
 * @example
 * ```ts
 * import { platforms } from '@fairlead/deploy';
 *
 * console.log(platforms.join(', ')); // linux-x64, linux-arm64
 * ```
 */
export const platforms: readonly Platform[] = ['linux-x64', 'linux-arm64'];

/**
 * Returns the platform of this machine; `undefined` if no release can run on it.
 *
 * @example
 * ```ts
 * import { platforms, thisPlatform } from '@fairlead/deploy';
 *
 * const platform = thisPlatform();
 * console.log(platform === undefined || platforms.includes(platform)); // true
 * ```
 */
export function thisPlatform(): Platform | undefined {
  return platforms.find((platform) => platform === `${process.platform}-${process.arch}`);
}

/** Returns the name of the processor, as Node and npm packages spell it. */
export function architectureOf(platform: Platform): 'x64' | 'arm64' {
  return platform === 'linux-x64' ? 'x64' : 'arm64';
}

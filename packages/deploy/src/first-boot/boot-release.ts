import { agentCommand } from '../agent/agent-command.ts';
import { requiredPackages } from '../hosts/required-packages.ts';
import type { Platform } from '../platform.ts';
import { readRelease } from '../release/read-release.ts';

/** Release as the first boot of a host uses it. */
export interface BootRelease {
  /** SHA-256 of the manifest: the name of the release. */
  readonly digest: string;
  /** Name of the deployment. */
  readonly name: string;
  readonly platform: Platform;
  /** Digests of the parts of Node and of the agent. */
  readonly parts: readonly string[];
  /** Debian packages that it needs. */
  readonly packages: readonly string[];
  /** Predictions of golden examples among the checks that decide whether it is activated. */
  readonly goldenChecks: number;
}

/**
 * Reads what the first boot of a host needs to know of a release, so that `renderFirstBoot` needs no file: a CDK construct, for instance, can't wait for one.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_RELEASE_DAMAGED`
 *
 * @example
 * ```ts
 * import { readBootRelease } from '@fairlead/deploy';
 *
 * const problem = await readBootRelease('package.json').catch((error) => error.code);
 * console.log(problem); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function readBootRelease(path: string): Promise<BootRelease> {
  const { manifest, digest } = await readRelease(path);
  const { name, platform, python, hostFiles, certificate, gate } = manifest;
  return {
    ...{ digest, name, platform },
    parts: agentCommand(manifest, '', []).slice(-2),
    packages: requiredPackages({
      hasAcme: certificate?.acme !== undefined,
      hasPython: python !== undefined,
      hasAutomaticUpdates: hostFiles.some(({ path }) => path.startsWith('/etc/apt/apt.conf.d/')),
    }),
    goldenChecks: gate.checks.filter(({ expected }) => expected !== undefined).length,
  };
}

import { checkOptions, checkText } from '../check-options.ts';
import { prepareHost, runReleaseAgent } from './release-agent.ts';
import { hostProblem } from './run-on-host.ts';
import { readRelease } from '../release/read-release.ts';
import type { Carrier } from '../carriers/carrier.ts';

/** Options of {@link deployToHost}. */
export interface DeployToHostOptions {
  /** Path of the release on this machine. */
  readonly release: string;
  /** Ed25519 public keys (PEM), one of which must have signed the release. @defaultValue a signature isn't required */
  readonly trustedKeys?: readonly string[] | undefined;
  /** Called before each step: `send`, and those of the agent. @defaultValue not called */
  readonly onStep?: ((step: string) => void) | undefined;
}

/** Result of a deployment on one host. */
export interface HostDeployment {
  /** `unchanged` when the release ran already; `reverted` when it failed its gate and the release before runs again. */
  readonly outcome: 'activated' | 'unchanged' | 'reverted' | 'failed';
  /** Release that runs now. */
  readonly digest?: string | undefined;
  /** Bytes of parts that were sent. */
  readonly sentBytes: number;
  /** Reason of a revert or a failure. */
  readonly message?: string | undefined;
  /** Last lines of the services' log, after a revert or a failure. */
  readonly log?: readonly string[] | undefined;
}

/**
 * Sends a release to one host, only the parts that it lacks, and activates it there: the release before runs again if the new one fails
 * its gate.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED`, `ERR_DEPLOY_RELEASE_UNTRUSTED`, `ERR_DEPLOY_HOST` when the host can't be reached or isn't as the release needs it
 *
 * @example
 * ```ts
 * import { deployToHost } from '@fairlead/deploy';
 * import { localCarrier } from '@fairlead/deploy/local';
 *
 * const deploying = deployToHost(localCarrier(), { release: 'package.json' });
 * console.log(await deploying.catch((error) => error.code)); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function deployToHost(
  carrier: Carrier,
  options: DeployToHostOptions,
): Promise<HostDeployment> {
  checkOptions('deployToHost', options, {
    release: 'required',
    trustedKeys: 'optional',
    onStep: 'optional',
  });
  const { release: path, trustedKeys, onStep } = options;
  checkText('release', 'the path of a release', path);
  const release = { path, documents: await readRelease(path, { trustedKeys }) };
  const sentBytes = await prepareHost(carrier, release, onStep);
  const args = ['activate', release.documents.digest];
  const { outcome, ...rest } = await runReleaseAgent(carrier, release, args, onStep);
  if (outcome === 'prepared' || outcome === 'healthy') {
    throw hostProblem(carrier, `its agent answered "${outcome}"`);
  }
  return { outcome, sentBytes, ...rest };
}

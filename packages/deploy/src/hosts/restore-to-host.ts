import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import type { Carrier } from '../carriers/carrier.ts';
import { readRelease } from '../release/read-release.ts';
import type { HostDeployment } from './deploy-to-host.ts';
import { prepareHost, runReleaseAgent, type RestoredState } from './release-agent.ts';
import { hostProblem } from './run-on-host.ts';

/** Options of {@link restoreToHost}. */
export interface RestoreToHostOptions {
  /** Path of the release on this machine, of a deployment with a backup. */
  readonly release: string;
  /** Ed25519 public keys (PEM), one of which must have signed the release. @defaultValue a signature isn't required */
  readonly trustedKeys?: readonly string[] | undefined;
  /** Backups: a folder on the host, or `s3://bucket/prefix`. @defaultValue `backup.to` of the deployment */
  readonly from?: string | undefined;
  /** Name of the host whose backup it is. @defaultValue that of the host, or the only one with a backup */
  readonly host?: string | undefined;
  /** Called before each step: `send`, `restore`, and others of the agent. @defaultValue not called */
  readonly onStep?: ((step: string) => void) | undefined;
}

/** Result of a restore on one host. */
export interface HostRestore extends HostDeployment {
  /** State that was restored. */
  readonly restored: RestoredState;
}

/**
 * Brings a host back from a release and a backup: sends the release, restores files and registry, and activates it. Nothing on the
 * host is overwritten: state that is there already must be the same as in the backup.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION` when the release has no backup, `ERR_DEPLOY_RELEASE_DAMAGED`, `ERR_DEPLOY_RELEASE_UNTRUSTED`, or
 * `ERR_DEPLOY_HOST` with what the backup lacks
 *
 * @example
 * ```ts
 * import { restoreToHost } from '@fairlead/deploy';
 * import { localCarrier } from '@fairlead/deploy/local';
 *
 * const restoring = restoreToHost(localCarrier(), { release: 'package.json' });
 * console.log(await restoring.catch((error) => error.code)); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function restoreToHost(
  carrier: Carrier,
  options: RestoreToHostOptions,
): Promise<HostRestore> {
  const names = {
    release: 'required',
    trustedKeys: 'optional',
    from: 'optional',
    host: 'optional',
    onStep: 'optional',
  } as const;
  checkOptions('restoreToHost', options, names);
  const { release: path, trustedKeys, from, host, onStep } = options;
  checkText('release', 'the path of a release', path);
  if (from !== undefined) checkText('from', 'a folder or s3://bucket/prefix', from);
  if (host !== undefined) checkText('host', 'the name of a host', host);
  const release = { path, documents: await readRelease(path, { trustedKeys }) };
  const { digest, manifest } = release.documents;
  if (manifest.backup === undefined) {
    throw invalidOption(
      `Option release is ${path}, whose deployment has no backup: it doesn't name the state to restore. Set backup in the deployment and build the release again.`,
    );
  }
  let restored: RestoredState | undefined;
  const sentBytes = await prepareHost(carrier, release, onStep, {
    args: [
      '--restore',
      ...(from === undefined ? [] : ['--restore-from', from]),
      ...(host === undefined ? [] : ['--restore-host', host]),
    ],
    onPrepared: (result) => {
      restored = result.restored;
    },
  });
  if (restored === undefined) throw hostProblem(carrier, 'its agent restored nothing');
  const args = ['activate', digest];
  const { outcome, restored: _, ...rest } = await runReleaseAgent(carrier, release, args, onStep);
  if (outcome === 'prepared' || outcome === 'healthy') {
    throw hostProblem(carrier, `its agent answered "${outcome}"`);
  }
  return { outcome, sentBytes, restored, ...rest };
}

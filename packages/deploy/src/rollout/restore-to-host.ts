import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import type { Carrier } from '../carriers/carrier.ts';
import { lockFleet } from './fleet-lock.ts';
import { readRelease } from '../release/read-release.ts';
import type { HostDeployment } from '../hosts/deploy-to-host.ts';
import { activatedRelease, readHostStatus } from '../hosts/host-status.ts';
import { prepareHost, runReleaseAgent, type RestoredState } from '../hosts/release-agent.ts';
import { hostProblem } from '../hosts/run-on-host.ts';

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
  /** Name in the lock, for people who deploy at the same time. @defaultValue account and name of this machine */
  readonly owner?: string | undefined;
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
 * host is overwritten: state that is there already must be the same as in the backup. A host that runs another release is refused, because it may
 * serve: `rollOut` changes its release. Deployments to the host are refused until its end.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION` when the release has no backup, `ERR_DEPLOY_RELEASE_DAMAGED`, `ERR_DEPLOY_RELEASE_UNTRUSTED`, `ERR_DEPLOY_LOCKED`, or
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
    owner: 'optional',
    onStep: 'optional',
  } as const;
  checkOptions('restoreToHost', options, names);
  const { release: path, trustedKeys, from, host, owner, onStep } = options;
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
  await using lock = await lockFleet([carrier], owner);
  const current = activatedRelease(await readHostStatus(carrier));
  if (current !== undefined && current !== digest) {
    throw hostProblem(
      carrier,
      `it runs release ${current.slice(0, 12)}: a restore is for hosts without a release. Restore with that one, or deploy ${digest.slice(0, 12)} to it`,
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
  await lock.confirm(carrier);
  const args = ['activate', digest];
  const { outcome, restored: _, ...rest } = await runReleaseAgent(carrier, release, args, onStep);
  if (outcome === 'prepared' || outcome === 'healthy') {
    throw hostProblem(carrier, `its agent answered "${outcome}"`);
  }
  return { outcome, sentBytes, restored, ...rest };
}

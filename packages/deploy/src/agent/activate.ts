import { DeployError } from '../deploy-error.ts';
import { cleanUp } from './clean-up.ts';
import { readState, writeState, type DeployState } from './deploy-state.ts';
import { passGate } from './gate.ts';
import { hostError } from './host-error.ts';
import type { HostPaths } from './host-paths.ts';
import type { OnStep } from './on-step.ts';
import { readLog } from './read-log.ts';
import { readManifest } from './read-manifest.ts';
import { findSecretChanges, placeSecrets, type SecretChanges } from './secrets/place-secrets.ts';
import { forgetPrevious, hasPrevious, restorePrevious } from './secrets/previous-secrets.ts';
import { historyAfterRollback, rollbackTarget } from './rollback-history.ts';
import { currentDigest, switchRelease, type ReleaseFiles } from './switch-release.ts';

/** Result of an activation. */
export interface Activation {
  /** `unchanged` when the release ran already; `reverted` when it failed its gate and the release before runs again. */
  readonly outcome: 'activated' | 'unchanged' | 'reverted' | 'failed';
  /** Release that runs now. */
  readonly digest: string | undefined;
  /** Error of the gate, if it failed. */
  readonly error?: DeployError;
  /** Last lines of the services' log, if the gate failed. */
  readonly log?: readonly string[];
  /** Secrets that weren't read again for a rollback: their files stayed. */
  readonly notices?: readonly string[];
}

/**
 * Makes a prepared release the one that runs. If it fails its gate, the release before runs again. A killed activation is resumed or
 * reverted by the next one.
 *
 * @throws DeployError `ERR_DEPLOY_HOST`
 */
export async function activate(
  paths: HostPaths,
  digest: string,
  onStep: OnStep,
  { isRollback = false }: { readonly isRollback?: boolean } = {},
): Promise<Activation> {
  const manifest = await readManifest(paths, digest);
  const secrets = await findSecretChanges(manifest, { onStep, allowsOld: isRollback });
  const state = await readState(paths);
  const [active] = state.history;
  const current = await currentDigest(paths);
  // Secrets of before belong to an activation that hasn't ended: one that was killed after its end left these.
  if (state.pending === undefined) await forgetPrevious(paths);
  if (isUnchanged(state, { digest, current, secrets })) {
    const passed = await passGate(manifest).then(
      () => true,
      () => false,
    );
    if (passed) return { outcome: 'unchanged', digest };
  }
  // The last release that passed its gate, also when an activation was killed after its switch.
  const previous = active === digest ? undefined : active;
  const since = new Date().toISOString();
  const pending = { digest, previous, since, ...(isRollback && { isRollback: true as const }) };
  await writeState(paths, { ...state, pending });
  const before = current === undefined ? undefined : await filesOf(paths, current);
  try {
    await placeSecrets(paths, secrets);
    await switchRelease(paths, digest, manifest, { before, onStep });
    onStep('gate');
    await passGate(manifest);
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    return await revert(paths, state, { failed: { digest, manifest }, error, onStep });
  }
  const releases = [digest, ...state.history.filter((each) => each !== digest)];
  // One write ends the activation and has the final history: an agent that is killed after it leaves nothing to correct.
  const history = isRollback ? historyAfterRollback(state, digest) : releases;
  await writeState(paths, { format: state.format, history });
  await forgetPrevious(paths);
  onStep('clean-up');
  // The files of a release that was rolled back stay until the next activation.
  await cleanUp(paths, releases);
  const { notices } = secrets;
  return { outcome: 'activated', digest, ...(notices.length > 0 && { notices }) };
}

/** Checks whether the release runs already, with the secrets that its sources have. */
function isUnchanged(
  { pending, history }: DeployState,
  {
    digest,
    current,
    secrets,
  }: {
    readonly digest: string;
    readonly current: string | undefined;
    readonly secrets: SecretChanges;
  },
): boolean {
  if (pending !== undefined || secrets.changed.length > 0) return false;
  return history[0] === digest && current === digest;
}

/**
 * Makes the release before the current one run again.
 *
 * @param to the release before of other hosts, prepared on this one, which is too new to have it
 * @throws DeployError `ERR_DEPLOY_HOST` when there is none.
 */
export async function rollback(paths: HostPaths, onStep: OnStep, to?: string): Promise<Activation> {
  const target = to ?? rollbackTarget(await readState(paths));
  if (target === undefined) throw hostError('There is no release before this one on this host.');
  return activate(paths, target, onStep, { isRollback: true });
}

async function revert(
  paths: HostPaths,
  state: DeployState,
  {
    failed,
    error,
    onStep,
  }: { readonly failed: ReleaseFiles; readonly error: DeployError; readonly onStep: OnStep },
): Promise<Activation> {
  const log = await readLog(failed.manifest);
  onStep('revert');
  const others = state.history.filter((each) => each !== failed.digest);
  // The release that ran with other secrets runs with them again.
  const ranBefore = state.history[0] === failed.digest && (await hasPrevious(paths));
  const previous = ranBefore ? failed.digest : others[0];
  if (previous === undefined) {
    // Nothing to go back to: the services stay as they are, for a look at them.
    return { outcome: 'failed', digest: failed.digest, error, log };
  }
  const manifest = await readManifest(paths, previous);
  await restorePrevious(paths);
  await switchRelease(paths, previous, manifest, { before: failed, onStep });
  await passGate(manifest);
  const history = [previous, ...others.filter((each) => each !== previous)];
  await writeState(paths, { format: state.format, history });
  return { outcome: 'reverted', digest: previous, error, log };
}

async function filesOf(paths: HostPaths, digest: string): Promise<ReleaseFiles | undefined> {
  return readManifest(paths, digest).then(
    (manifest) => ({ digest, manifest }),
    () => undefined,
  );
}

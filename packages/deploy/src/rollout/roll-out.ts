import { readRelease } from '../release/read-release.ts';
import { FleetUpdate } from './fleet-update.ts';
import { finish } from './finish.ts';
import { hostUpdates, lockHosts } from './host-update.ts';
import { checkRollOutOptions, type RollOutOptions } from './roll-out-options.ts';
import { withoutErrors, type Rollout, type RolloutPhase } from './rollout.ts';

const WATCH_MS = 75_000;

/**
 * Updates the hosts of a fleet to a release, a batch at a time, while the others serve. All hosts prepare the release first, which touches nothing
 * that runs. Then each is drained, activates the release, has to pass its gate, and gets requests again. If one fails, or fails while the
 * hosts are watched after the last one, all that were updated return to the release before. A call that was killed is
 * finished, or reverted, by the next one.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_RELEASE_DAMAGED`, `ERR_DEPLOY_RELEASE_UNTRUSTED`, `ERR_DEPLOY_LOCKED`,
 * `ERR_DEPLOY_HOST` before any host was touched; later failures are in the result. `ERR_DEPLOY_LOCKED` also once another deployment has
 * taken the lock of a host, because this machine was suspended: nothing more is changed then
 *
 * @example
 * ```ts
 * import { rollOut } from '@fairlead/deploy';
 * import { sshCarrier } from '@fairlead/deploy/ssh';
 *
 * const carrier = await sshCarrier({ url: 'ssh://admin@127.0.0.1:1' });
 * const rolling = rollOut({ hosts: [{ carrier }], release: 'package.json' });
 * console.log(await rolling.catch((error) => error.code)); // ERR_DEPLOY_RELEASE_DAMAGED
 * await carrier.close();
 * ```
 */
export async function rollOut(options: RollOutOptions): Promise<Rollout> {
  checkRollOutOptions(options);
  const { batch = 1, watchMs = WATCH_MS, trustedKeys } = options;
  const onEvent = withoutErrors(options.onEvent);
  const documents = await readRelease(options.release, { trustedKeys });
  const release = { path: options.release, documents };
  const phase = (name: RolloutPhase): void => {
    onEvent({ type: 'phase', phase: name });
  };
  const updates = hostUpdates(options, onEvent);
  phase('lock');
  await using lock = await lockHosts(updates, options.owner);
  const stop = AbortSignal.any([lock.signal, ...(options.signal ? [options.signal] : [])]);
  const members = updates.filter(({ hasLeft }) => !hasLeft);
  const fleet = new FleetUpdate(members, { release, lock, batch, stop });
  phase('prepare');
  // A preparation may take minutes.
  if ((await fleet.prepare()) && (await fleet.isHeld())) {
    const suspension = await options.suspend?.();
    try {
      phase('update');
      let state = await fleet.update();
      if (state === 'healthy' && fleet.hasActivated) {
        phase('watch');
        state = (await fleet.watch(watchMs)) ? 'healthy' : 'unhealthy';
      }
      if (state === 'unhealthy') {
        phase('revert');
        await fleet.revert();
      }
    } finally {
      await suspension?.[Symbol.asyncDispose]();
    }
  }
  const { onEveryHost } = options;
  return await finish({ updates, lock, stop, release: documents.digest, onEveryHost });
}

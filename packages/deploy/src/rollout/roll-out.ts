import { setTimeout as sleep } from 'node:timers/promises';

import { readHostStatus } from '../hosts/host-status.ts';
import { prepareHost, runReleaseAgent, type AgentResult } from '../hosts/release-agent.ts';
import { isUnreachable } from '../hosts/run-on-host.ts';
import { readRelease } from '../release/read-release.ts';
import { batchesOf, batchSize } from './batches.ts';
import { lockFleet } from './fleet-lock.ts';
import { HostUpdate } from './host-update.ts';
import { checkRollOutOptions, type RollOutOptions } from './roll-out-options.ts';
import { summarize, withoutErrors, type Rollout, type RolloutPhase } from './rollout.ts';
import { checkHost, checkHosts, watchHosts } from './watch-hosts.ts';

const WATCH_MS = 75_000;
/** Pause before a second connection to a host. */
const RECONNECT_MS = 2_000;

/**
 * Updates the hosts of a fleet to a release, a batch at a time, while the others serve. All hosts prepare the release first, which touches nothing
 * that runs. Then each is drained, activates the release, has to pass its gate, and gets requests again. If one fails, or fails while the
 * hosts are watched after the last one, all that were updated return to the release before. A call that was killed is
 * finished, or reverted, by the next one.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_RELEASE_DAMAGED`, `ERR_DEPLOY_LOCKED`, `ERR_DEPLOY_HOST` before any
 * host was touched; later failures are in the result
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
  const { hosts, balancer, batch = 1, watchMs = WATCH_MS } = options;
  const onEvent = withoutErrors(options.onEvent);
  const release = { path: options.release, documents: await readRelease(options.release) };
  const { digest } = release.documents;
  const phase = (name: RolloutPhase): void => {
    onEvent({ type: 'phase', phase: name });
  };
  const updates = hosts.map((host) => new HostUpdate({ ...host, balancer, onEvent }));
  const run = (update: HostUpdate, args: readonly string[]): Promise<AgentResult> =>
    runReleaseAgent(update.carrier, release, args, update.onStep);
  const check = (update: HostUpdate): Promise<AgentResult> => run(update, ['check', digest]);

  phase('lock');
  await using lock = await lockFleet(
    updates.map(({ carrier }) => carrier),
    options.owner,
  );
  const stop = AbortSignal.any([lock.signal, ...(options.signal ? [options.signal] : [])]);
  const finish = (): Rollout =>
    summarize(
      updates.map(({ result }) => result),
      { stop, lock: lock.signal },
    );

  phase('prepare');
  const befores = await Promise.allSettled(
    updates.map(async (update) => {
      const sentBytes = await prepareHost(update.carrier, release, update.onStep);
      const status = await readHostStatus(update.carrier);
      update.note({ sentBytes, digest: status.current });
      return status;
    }),
  );
  const unprepared = befores.find((each) => each.status === 'rejected');
  if (unprepared !== undefined) {
    for (const [index, before] of befores.entries()) {
      if (before.status === 'rejected') updates[index]?.fail(before.reason);
    }
    return finish();
  }
  const statuses = befores.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  // Releases that still run on hosts: after a killed update, those that were done may return to it too.
  const others = new Set(statuses.map(({ current }) => current).filter((each) => each !== digest));

  phase('update');
  const done: HostUpdate[] = [];
  const revertible = new Set<HostUpdate>();
  let isHealthy = true;
  for (const group of batchesOf([...updates.entries()], batchSize(batch, updates.length) ?? 1)) {
    if (stop.aborted) return finish();
    isHealthy = await checkHosts(done, check);
    if (!isHealthy) break;
    await Promise.all(
      group.map(async ([index, update]) => {
        const status = statuses[index];
        const isCurrent = status?.current === digest && status.pending === undefined;
        if (isCurrent && (await checkHost(update, check)).outcome === 'healthy') {
          if (status.history[1] !== undefined && others.has(status.history[1]))
            revertible.add(update);
          await update.stay();
        } else {
          await update.change(() => resume(() => run(update, ['activate', digest])), {
            done: 'activated',
            signal: stop,
          });
          if (update.result.digest === digest && status?.current !== undefined)
            revertible.add(update);
        }
      }),
    );
    const outcomes = group.map(([, { result }]) => result.outcome);
    if (outcomes.some((outcome) => outcome === 'failed' || outcome === 'reverted')) {
      isHealthy = false;
      break;
    }
    done.push(
      ...group.flatMap(([, update]) => (update.result.outcome === 'untouched' ? [] : [update])),
    );
  }
  if (isHealthy && updates.some(({ result }) => result.outcome === 'activated')) {
    phase('watch');
    isHealthy = await watchHosts(done, check, { watchMs, signal: stop });
  }
  if (isHealthy) return finish();
  phase('revert');
  const toRevert = updates.filter((update) => revertible.has(update)).reverse();
  for (const group of batchesOf(toRevert, batchSize(batch, updates.length) ?? 1)) {
    await Promise.all(
      group.map((update) => update.change(() => run(update, ['rollback']), { done: 'reverted' })),
    );
  }
  return finish();
}

/** Runs an activation, and goes on with it when the connection breaks: the agent works on, and a second one waits for it. */
async function resume(activate: () => Promise<AgentResult>): Promise<AgentResult> {
  try {
    return await activate();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    await sleep(RECONNECT_MS);
    return await activate();
  }
}

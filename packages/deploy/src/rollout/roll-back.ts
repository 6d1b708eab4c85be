import type { HostStatus } from '../agent/status.ts';
import { DeployError } from '../deploy-error.ts';
import { runCurrentAgent } from '../hosts/current-agent.ts';
import { readHostStatus } from '../hosts/host-status.ts';
import { agentResult } from '../hosts/release-agent.ts';
import { waitForAgent } from '../hosts/run-agent.ts';
import { hostProblem } from '../hosts/run-on-host.ts';
import { batchesOf, batchSize } from './batches.ts';
import { lockFleet } from './fleet-lock.ts';
import { hostUpdates, type HostUpdate } from './host-update.ts';
import { checkRollBackOptions, type FleetOptions } from './roll-out-options.ts';
import { summarize, withoutErrors, type Rollout } from './rollout.ts';

/**
 * Returns the hosts of a fleet to the release before the one that runs, a batch at a time. After an update that stopped between two
 * hosts, the hosts that have the new release return to the one of the others.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_LOCKED`, or `ERR_DEPLOY_HOST` when there is no such release, or hosts would
 * return to different ones; nothing was touched then. Later failures are in the result
 *
 * @example
 * ```ts
 * import { rollBack } from '@fairlead/deploy';
 * import { sshCarrier } from '@fairlead/deploy/ssh';
 *
 * const carrier = await sshCarrier({ url: 'ssh://admin@127.0.0.1:1' });
 * const rolling = rollBack({ hosts: [{ carrier }] });
 * console.log(await rolling.catch((error) => error.code)); // ERR_DEPLOY_HOST
 * await carrier.close();
 * ```
 */
export async function rollBack(options: FleetOptions): Promise<Rollout> {
  checkRollBackOptions(options);
  const { batch = 1, signal } = options;
  const onEvent = withoutErrors(options.onEvent);
  const updates = hostUpdates(options, onEvent);
  onEvent({ type: 'phase', phase: 'lock' });
  await using lock = await lockFleet(
    updates.map(({ carrier }) => carrier),
    options.owner,
  );
  const stop = AbortSignal.any([lock.signal, ...(signal ? [signal] : [])]);
  const statuses = await Promise.all(
    updates.map(async ({ carrier }) => {
      await waitForAgent(carrier);
      return readHostStatus(carrier);
    }),
  );
  for (const [index, { current }] of statuses.entries()) updates[index]?.note({ digest: current });
  const target = findTarget(statuses, updates);
  onEvent({ type: 'phase', phase: 'revert' });
  for (const group of batchesOf([...updates.entries()], batchSize(batch, updates.length) ?? 1)) {
    if (stop.aborted) break;
    await Promise.all(
      group.map(async ([index, update]) => {
        const status = statuses[index];
        if (status?.current === target && status.pending === undefined) {
          await update.stay();
          return;
        }
        const change = async () => {
          const result = await runCurrentAgent(update.carrier, ['rollback']);
          const { success, data } = agentResult.safeParse(result);
          if (success) return data;
          throw hostProblem(update.carrier, 'its agent has no result');
        };
        await update.change(change, { done: 'activated', signal: stop });
      }),
    );
    if (group.some(([, { result }]) => !['activated', 'unchanged'].includes(result.outcome))) break;
  }
  return summarize(
    updates.map(({ result }) => result),
    { stop, lock: lock.signal },
  );
}

/** Release that a host returns to; after a killed activation, the one that passed its gate last. */
function previousOf({ history, pending }: HostStatus): string | undefined {
  return pending === undefined ? history[1] : history[0];
}

/** Finds the one release that all hosts return to. */
function findTarget(statuses: readonly HostStatus[], updates: readonly HostUpdate[]): string {
  const previous = statuses.map(previousOf);
  const [first] = previous;
  if (first !== undefined && previous.every((each) => each === first)) return first;
  // An update stopped between two hosts: the last of them have the old release. A rollback stopped: the first of them have it.
  const runs = (release: string, { current, pending }: HostStatus): boolean =>
    current === release && pending === undefined;
  const target = statuses
    .toReversed()
    .flatMap(({ current }) => current ?? [])
    .find(
      (release) =>
        previous.includes(release) &&
        statuses.every((status) => runs(release, status) || previousOf(status) === release),
    );
  if (target !== undefined) return target;
  const shown = updates.map(
    ({ carrier }, index) => `${carrier.host} to ${previous[index]?.slice(0, 12) ?? 'none'}`,
  );
  throw new DeployError(
    'ERR_DEPLOY_HOST',
    `The hosts would return to different releases (${shown.join(', ')}). Deploy the release that all of them are to run.`,
  );
}

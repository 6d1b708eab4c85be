import type { HostStatus } from '../agent/status.ts';
import { DeployError } from '../deploy-error.ts';
import { runCurrentAgent } from '../hosts/current-agent.ts';
import { isActive, readHostStatus } from '../hosts/host-status.ts';
import {
  agentResult,
  prepareHost,
  runReleaseAgent,
  type AgentResult,
  type LocalRelease,
} from '../hosts/release-agent.ts';
import { waitForAgent } from '../hosts/run-agent.ts';
import { hostProblem } from '../hosts/run-on-host.ts';
import { readRelease } from '../release/read-release.ts';
import { finish } from './finish.ts';
import { carriersOf, hostUpdates, lockHosts, type HostUpdate } from './host-update.ts';
import { memberBatches } from './member-batches.ts';
import { findTarget, previousOf } from './roll-back-target.ts';
import { checkRollBackOptions, type RollBackOptions } from './roll-out-options.ts';
import { withoutErrors, type Rollout } from './rollout.ts';

/**
 * Returns the hosts of a fleet to the release before the one that runs, a batch at a time. After an update that stopped between two
 * hosts, the hosts that have the new release return to the one of the others. With `releases`, hosts that are too new to have the release
 * before get it.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_LOCKED`, `ERR_DEPLOY_RELEASE_NOT_FOUND`, or `ERR_DEPLOY_HOST` when there is
 * no such release, or hosts would return to different ones; nothing was touched then. Later failures are in the result.
 * `ERR_DEPLOY_LOCKED` also once another deployment has taken the lock of a host, because this machine was suspended: nothing more is changed
 * then
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
export async function rollBack(options: RollBackOptions): Promise<Rollout> {
  checkRollBackOptions(options);
  const { batch = 1, signal, releases } = options;
  const onEvent = withoutErrors(options.onEvent);
  const updates = hostUpdates(options, onEvent);
  onEvent({ type: 'phase', phase: 'lock' });
  await using lock = await lockHosts(updates, options.owner);
  const stop = AbortSignal.any([lock.signal, ...(signal ? [signal] : [])]);
  const end = (release?: string, onEveryHost?: RollBackOptions['onEveryHost']): Promise<Rollout> =>
    finish({ updates, lock, stop, release, onEveryHost });
  const statuses = await readStatuses(updates);
  if (statuses.size === 0) return await end(options.to);
  const named = [...statuses].map(([{ carrier }, status]) => [carrier.host, status] as const);
  const target = options.to ?? (await findTarget(named, releases));
  const lacking = [...statuses].flatMap(([update, status]) =>
    status.current === target || previousOf(status) === target ? [] : [update],
  );
  const [first] = lacking;
  if (first !== undefined && releases === undefined) {
    throw new DeployError(
      'ERR_DEPLOY_HOST',
      `The release before that the host ${first.carrier.host} names isn't ${target.slice(0, 12)}, and there is no source of releases: give releases.`,
    );
  }
  await using source = lacking.length > 0 ? await releases?.fetch(target) : undefined;
  const release = source && (await localRelease(source.path, options.trustedKeys));
  if (release !== undefined) {
    onEvent({ type: 'phase', phase: 'prepare' });
    if (!(await prepareAll(lacking, release))) return await end(target);
  }
  const isHeld = () => lock.isHeld(carriersOf(updates));
  if (!(await isHeld())) return await end(target);
  const suspension = await options.suspend?.();
  try {
    onEvent({ type: 'phase', phase: 'revert' });
    const batches = memberBatches(
      [...statuses.keys()].filter(({ hasLeft }) => !hasLeft),
      {
        fleet: updates,
        batch,
        done: () => updates.filter(isDone),
        skips: (each) => each.skipIfLeft(),
      },
    );
    for await (const group of batches) {
      if (stop.aborted || !(await isHeld())) break;
      await Promise.all(
        group.map(async (update) => {
          if (await update.skipIfLeft()) return;
          const status = statuses.get(update);
          if (status !== undefined && isActive(status, target)) return update.stay(lock);
          const change = () =>
            release !== undefined && lacking.includes(update)
              ? runReleaseAgent(update.carrier, release, ['rollback', target], update.onStep)
              : rollBackHost(update, target);
          return update.change(change, {
            ...{ lock, done: 'activated', digest: target, signal: stop },
          });
        }),
      );
      if (!group.every(isDone)) break;
    }
  } finally {
    await suspension?.[Symbol.asyncDispose]();
  }
  return await end(target, options.onEveryHost);
}

/** Returns whether the next host follows this one. */
function isDone({ result: { outcome } }: HostUpdate): boolean {
  return outcome === 'activated' || outcome === 'unchanged' || outcome === 'left';
}

async function rollBackHost({ carrier }: HostUpdate, target: string): Promise<AgentResult> {
  const result = await runCurrentAgent(carrier, ['rollback', target]);
  const { success, data } = agentResult.safeParse(result);
  if (success) return data;
  throw hostProblem(carrier, 'its agent has no result');
}

/** Reads the state of each host that hasn't left the fleet. */
async function readStatuses(
  updates: readonly HostUpdate[],
): Promise<ReadonlyMap<HostUpdate, HostStatus>> {
  const members = updates.filter(({ hasLeft }) => !hasLeft);
  const found = await Promise.all(
    members.map(async (update) => {
      try {
        await waitForAgent(update.carrier);
        const status = await readHostStatus(update.carrier);
        update.note({ digest: status.current });
        return [[update, status] as const];
      } catch (error) {
        if (await update.skipIfLeft()) return [];
        throw error;
      }
    }),
  );
  return new Map(found.flat());
}

async function localRelease(
  path: string,
  trustedKeys: readonly string[] | undefined,
): Promise<LocalRelease> {
  return { path, documents: await readRelease(path, { trustedKeys }) };
}

/** Sends the release to hosts that lack it, beside the one that runs; returns false when one of them failed. */
async function prepareAll(updates: readonly HostUpdate[], release: LocalRelease): Promise<boolean> {
  const prepared = await Promise.all(
    updates.map(async (update) => {
      try {
        update.note({ sentBytes: await prepareHost(update.carrier, release, update.onStep) });
        return true;
      } catch (error) {
        if (await update.skipIfLeft()) return true;
        update.fail(error);
        return false;
      }
    }),
  );
  return prepared.every(Boolean);
}

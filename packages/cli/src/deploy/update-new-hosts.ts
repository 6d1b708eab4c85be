import { setTimeout as sleep } from 'node:timers/promises';
import type { Rollout } from '@fairlead/deploy';
import type { GroupState } from '@fairlead/deploy/auto-scaling';
import type { CommandContext } from '../command-context.ts';
import {
  type HostGroup,
  hostsOf,
  instanceOf,
  type ReachableEnvironment,
} from '../hosts/read-hosts.ts';
import { errorCodeOf } from '../exit-code.ts';
import { count } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { runRollout, type RunRolloutOptions } from './run-rollout.ts';
import { readReleaseOf } from './release-parameter.ts';

/** Longest pause between two listings of a group, in milliseconds. */
const MAX_PAUSE_MS = 5_000;

/** Options of {@link updateNewHosts}. */
export interface UpdateNewHostsOptions extends RunRolloutOptions {
  /** Release that the other hosts have, and the parameter. */
  readonly digest: string;
  /** Results of the other hosts: one that had left may be back, with the release before. */
  readonly updated: Rollout['hosts'];
  /** Command that finishes the change. */
  readonly again: string;
}

/**
 * Updates the instances that the Auto Scaling group started during a rollout, whose first boot may have read the parameter before the
 * release was written there. The instances of one listing after that are enough: those that start later read the new release.
 *
 * @throws DeployError `ERR_DEPLOY_LOCKED` when another deployment has changed the release
 */
export async function updateNewHosts(
  context: CommandContext,
  { chosen, digest, again, updated, ...options }: UpdateNewHostsOptions,
): Promise<readonly Rollout[]> {
  const { hostGroup } = chosen;
  if (hostGroup === undefined) return [];
  const stop = context.io.stopSignal?.();
  const { startTimeoutMs } = hostGroup;
  const deadline = performance.now() + startTimeoutMs;
  const pauseMs = Math.min(MAX_PAUSE_MS, startTimeoutMs / 10);
  const retry = <T>(work: () => Promise<T>) => retryUntil(work, { deadline, pauseMs, stop });
  const read = () => retry(() => hostGroup.group.read());
  const known = new Set(membersOf(updated));
  let state = await read();
  noteStandby(context, hostGroup, { state, again });
  const open = new Set([...state.inService, ...state.starting].filter((id) => !known.has(id)));
  const rollouts: Rollout[] = [];
  for (;;) {
    const fresh = state.inService.filter((id) => open.has(id));
    if (fresh.length > 0) {
      await retry(() => requireSameRelease(chosen, digest));
      context.output.note(
        oneLine(
          `fairlead: ${count(fresh.length, 'instance')} started during the rollout: ${fresh.join(', ')}`,
        ),
      );
      const hosts = hostsOf(fresh);
      const onNew = {
        ...{ ...options, chosen: { ...chosen, hosts }, othersServe: true },
        // Another deployment may have begun before these hosts were locked.
        beforeChange: () => requireSameRelease(chosen, digest),
      };
      rollouts.push(await runRollout(context, onNew));
      for (const id of fresh) open.delete(id);
      // Others may have come into service while these were updated.
      state = await read();
      continue;
    }
    const starting = new Set(state.starting);
    for (const id of open) if (!starting.has(id)) open.delete(id);
    if (open.size === 0) return rollouts;
    if (stop?.aborted === true || performance.now() > deadline) {
      return [
        ...rollouts,
        stillStarting([...open], hostGroup, { again, isStopped: stop?.aborted === true }),
      ];
    }
    await pause(pauseMs, stop);
    state = await read();
  }
}

/** Returns the instances of a rollout that haven't left the group. */
function membersOf(hosts: Rollout['hosts']): readonly string[] {
  return hosts.flatMap(({ host, outcome }) => (outcome === 'left' ? [] : [instanceOf(host)]));
}

/** Codes of errors that a second request to AWS may not have. */
const TRANSIENT = new Set(['ERR_DEPLOY_GROUP', 'ERR_DEPLOY_RELEASE_PARAMETER']);

/** Reads again after AWS couldn't be reached, until a time or a stop. */
async function retryUntil<T>(
  work: () => Promise<T>,
  options: {
    /** Time of `performance.now()`. */
    readonly deadline: number;
    readonly pauseMs: number;
    readonly stop: AbortSignal | undefined;
  },
): Promise<T> {
  const { deadline, pauseMs, stop } = options;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isOver = stop?.aborted === true || performance.now() > deadline;
      if (isOver || !TRANSIENT.has(errorCodeOf(error) ?? '')) throw error;
    }
    await pause(pauseMs, stop);
  }
}

async function pause(pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(pauseMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
}

/** Adds the rollouts of new hosts to that of the others. */
export function mergeRollouts(first: Rollout, others: readonly Rollout[]): Rollout {
  const outcomes = new Set(others.map(({ outcome }) => outcome));
  const hosts = [first, ...others].flatMap((rollout) => rollout.hosts);
  const failed = others.find(
    (rollout) =>
      (rollout.outcome === 'failed' || rollout.outcome === 'reverted') &&
      // New hosts that were ended before they were updated need no repair.
      rollout.hosts.some(({ outcome }) => outcome !== 'left'),
  );
  if (failed !== undefined) {
    const { message = 'a new host failed' } = failed;
    // The release that the other hosts have belongs to the history of the environment.
    return { ...first, outcome: 'failed', hosts, message };
  }
  if (outcomes.has('aborted')) return { ...first, outcome: 'aborted', hosts };
  return { ...first, outcome: outcomes.has('activated') ? 'activated' : first.outcome, hosts };
}

async function requireSameRelease(chosen: ReachableEnvironment, digest: string): Promise<void> {
  const found = await readReleaseOf(chosen);
  if (found === digest) return;
  const { DeployError } = await import('@fairlead/deploy');
  throw new DeployError(
    'ERR_DEPLOY_LOCKED',
    `Another deployment to ${chosen.name} has set the release ${found?.slice(0, 12) ?? 'none'} for new hosts, so that this one doesn't update the instances that started during it.`,
  );
}

function noteStandby(
  { output }: CommandContext,
  { group }: HostGroup,
  { state, again }: { readonly state: GroupState; readonly again: string },
): void {
  const standby = [...state.others].flatMap(([id, found]) =>
    found.includes('tandby') ? [id] : [],
  );
  if (standby.length === 0) return;
  output.note(
    oneLine(
      `fairlead: on standby in ${group.name}, with the release before: ${standby.join(', ')}; after they are in service: ${again}`,
    ),
  );
}

function stillStarting(
  instances: readonly string[],
  { group, startTimeoutMs }: HostGroup,
  { again, isStopped }: { readonly again: string; readonly isStopped: boolean },
): Rollout {
  const seconds = Math.round(startTimeoutMs / 1_000);
  const message = `still starting in ${group.name}${isStopped ? '' : ` after ${seconds} s`}: its first boot may have read the release before; once it is in service: ${again}`;
  const outcome = 'failed' as const;
  const hosts = instances.map((id) => ({
    ...{ host: `ssm://${id}`, outcome, digest: undefined, sentBytes: 0, message },
  }));
  return { outcome: isStopped ? 'aborted' : 'failed', hosts, message };
}

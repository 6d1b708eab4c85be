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
import { count } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { runRollout, type RunRolloutOptions } from './run-rollout.ts';
import { readReleaseOf } from './write-release-parameter.ts';

/** Longest pause between two listings of a group, in milliseconds. */
const MAX_PAUSE_MS = 5_000;

/** Options of {@link updateNewHosts}. */
export interface UpdateNewHostsOptions extends RunRolloutOptions {
  /** Release that the other hosts have, and the parameter. */
  readonly digest: string;
}

/**
 * Updates the instances that the Auto Scaling group started during a rollout, whose first boot may have read the parameter before the
 * release was written there. The instances of one listing after that are enough: those that start later read the new release.
 *
 * @throws DeployError `ERR_DEPLOY_LOCKED` when another deployment has changed the release
 */
export async function updateNewHosts(
  context: CommandContext,
  { chosen, digest, ...options }: UpdateNewHostsOptions,
): Promise<readonly Rollout[]> {
  const { hostGroup } = chosen;
  if (hostGroup === undefined) return [];
  const stop = context.io.stopSignal?.();
  const known = new Set(chosen.hosts.map(({ url }) => instanceOf(url)));
  let state = await hostGroup.group.read();
  noteStandby(context, hostGroup, state);
  const open = new Set([...state.inService, ...state.starting].filter((id) => !known.has(id)));
  const { startTimeoutMs } = hostGroup;
  const deadline = performance.now() + startTimeoutMs;
  const rollouts: Rollout[] = [];
  for (;;) {
    const fresh = state.inService.filter((id) => open.has(id));
    if (fresh.length > 0) {
      await requireSameRelease(chosen, digest);
      context.output.note(
        oneLine(
          `fairlead: ${count(fresh.length, 'instance')} started during the rollout: ${fresh.join(', ')}`,
        ),
      );
      const hosts = hostsOf(fresh);
      rollouts.push(
        await runRollout(context, { ...options, chosen: { ...chosen, hosts }, othersServe: true }),
      );
      for (const id of fresh) open.delete(id);
      // Others may have come into service while these were updated.
      state = await hostGroup.group.read();
      continue;
    }
    const starting = new Set(state.starting);
    for (const id of open) if (!starting.has(id)) open.delete(id);
    if (open.size === 0) return rollouts;
    if (stop?.aborted === true || performance.now() > deadline) {
      return [...rollouts, stillStarting([...open], hostGroup, stop?.aborted === true)];
    }
    await sleep(Math.min(MAX_PAUSE_MS, startTimeoutMs / 10), undefined, {
      ...(stop !== undefined && { signal: stop }),
    }).catch(() => undefined);
    state = await hostGroup.group.read();
  }
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
    return { outcome: 'failed', hosts, message };
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

function noteStandby({ output }: CommandContext, { group }: HostGroup, state: GroupState): void {
  const standby = [...state.others].flatMap(([id, found]) =>
    found.includes('tandby') ? [id] : [],
  );
  if (standby.length === 0) return;
  output.note(
    oneLine(
      `fairlead: on standby in ${group.name}, with the release before: ${standby.join(', ')}; run the command again after they are in service`,
    ),
  );
}

function stillStarting(
  instances: readonly string[],
  { group, startTimeoutMs }: HostGroup,
  isStopped: boolean,
): Rollout {
  const seconds = Math.round(startTimeoutMs / 1_000);
  const message = `still starting in ${group.name}${isStopped ? '' : ` after ${seconds} s`}: its first boot may have read the release before; run the command again once it is in service`;
  const outcome = 'failed' as const;
  const hosts = instances.map((id) => ({
    ...{ host: `ssm://${id}`, outcome, digest: undefined, sentBytes: 0, message },
  }));
  return { outcome: isStopped ? 'aborted' : 'failed', hosts, message };
}

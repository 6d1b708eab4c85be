import { setTimeout as sleep } from 'node:timers/promises';

import type { AgentResult } from '../hosts/release-agent.ts';
import { isUnreachable } from '../hosts/run-on-host.ts';
import { departureProblem } from './departure.ts';
import type { HostUpdate } from './host-update.ts';

/** Pause between two checks of the hosts. */
const POLL_MS = 2_000;

/**
 * Time in which a host may be reached again, or be found to have ended: EC2 ends an instance within a minute, and a connection that breaks is
 * no fault of a release.
 */
const UNREACHABLE_MS = 60_000;

/** Runs the agent's check on a host. */
export type Check = (update: HostUpdate) => Promise<AgentResult>;

/** Checks one host; one that can't be reached for a minute has failed. */
export async function checkHost(update: HostUpdate, check: Check): Promise<AgentResult> {
  const end = performance.now() + UNREACHABLE_MS;
  for (;;) {
    try {
      if ((await update.departure()) === 'unhealthy') {
        return { outcome: 'failed', message: departureProblem('unhealthy') };
      }
      return await check(update);
    } catch (error) {
      const mayReturn = isUnreachable(error) && performance.now() < end;
      if (!mayReturn || (await update.departure()) === 'ended') {
        const message = error instanceof Error ? error.message : String(error);
        return { outcome: 'failed', message };
      }
    }
    await sleep(POLL_MS);
  }
}

/** Skips the hosts that were ended, and returns the others. */
export async function findMembers(updates: readonly HostUpdate[]): Promise<readonly HostUpdate[]> {
  const members = updates.filter(({ hasLeft }) => !hasLeft);
  const isLeft = await Promise.all(members.map((update) => update.skipIfEnded()));
  return members.filter((_, index) => isLeft[index] !== true);
}

/** Checks hosts once, and returns those that aren't healthy; their results say why. */
export async function findUnhealthy(
  updates: readonly HostUpdate[],
  check: Check,
): Promise<readonly HostUpdate[]> {
  const results = await Promise.all(
    updates.map(async (update) => ({ update, result: await checkHost(update, check) })),
  );
  const unhealthy = results.filter(({ result }) => result.outcome !== 'healthy');
  for (const { update, result } of unhealthy) {
    update.note({
      ...(result.message !== undefined && { message: result.message }),
      ...(result.log !== undefined && { log: result.log }),
    });
  }
  return unhealthy.map(({ update }) => update);
}

/**
 * Checks again and again for a time.
 *
 * @param areHealthy checks all hosts once
 * @returns false once a check failed
 */
export async function watchHosts(
  areHealthy: () => Promise<boolean>,
  { watchMs, signal }: { readonly watchMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const end = performance.now() + watchMs;
  while (performance.now() < end && !signal.aborted) {
    await sleep(Math.min(POLL_MS, watchMs), undefined, { signal }).catch(() => undefined);
    if (!(await areHealthy())) return false;
  }
  return true;
}

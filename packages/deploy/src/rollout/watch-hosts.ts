import { setTimeout as sleep } from 'node:timers/promises';

import type { AgentResult } from '../hosts/release-agent.ts';
import type { HostUpdate } from './host-update.ts';

/** Pause between two checks of the hosts. */
const POLL_MS = 2_000;

/** Runs the agent's check on a host. */
export type Check = (update: HostUpdate) => Promise<AgentResult>;

/** Checks one host; one that can't be reached has failed. */
export async function checkHost(update: HostUpdate, check: Check): Promise<AgentResult> {
  try {
    return await check(update);
  } catch (error) {
    return { outcome: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Checks hosts once; records what failed.
 *
 * @returns false when a host isn't healthy
 */
export async function checkHosts(updates: readonly HostUpdate[], check: Check): Promise<boolean> {
  const results = await Promise.all(
    updates.map(async (update) => {
      const result = await checkHost(update, check);
      if (result.outcome === 'healthy') return true;
      update.note({
        ...(result.message !== undefined && { message: result.message }),
        ...(result.log !== undefined && { log: result.log }),
      });
      return false;
    }),
  );
  return results.every(Boolean);
}

/**
 * Checks hosts again and again for a time.
 *
 * @returns false once a host isn't healthy
 */
export async function watchHosts(
  updates: readonly HostUpdate[],
  check: Check,
  { watchMs, signal }: { readonly watchMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const end = performance.now() + watchMs;
  while (performance.now() < end && !signal.aborted) {
    await sleep(Math.min(POLL_MS, watchMs), undefined, { signal }).catch(() => undefined);
    if (!(await checkHosts(updates, check))) return false;
  }
  return true;
}

// @ts-check
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { identify } from './process-identity.mjs';

/** @import { ProcessIdentity } from './process-identity.mjs' */

const POLL_MS = 20;

/**
 * Ends what is left of the group that this process led, and waits until all of it has ended.
 * @param {ProcessIdentity} leader
 */
export async function endGroup(leader) {
  const now = identify(leader.pid);
  // Without its leader the number stays with the group; with another leader it is another group.
  if (now !== undefined && now.startTime !== leader.startTime) return;
  while (hasMembers(leader.pid)) {
    killGroup(leader.pid);
    await sleep(POLL_MS);
  }
}

/**
 * Kills every process of the group; it is no fault if there is none.
 * @param {number} group
 */
export function killGroup(group) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** @param {number} group */
function hasMembers(group) {
  return readdirSync('/proc').some(
    (name) => /^\d+$/.test(name) && identify(Number(name))?.group === group,
  );
}

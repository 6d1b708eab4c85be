// @ts-check
import { readFileSync } from 'node:fs';

/**
 * A process that cannot be confused with a later one of the same number.
 * @typedef {{ readonly pid: number, readonly group: number, readonly startTime: string }} ProcessIdentity
 */

/**
 * Identity of the process that has this number now, or undefined if there is none (or a zombie).
 * @param {number} pid
 * @returns {ProcessIdentity | undefined}
 */
export function identify(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // proc(5): the command in parentheses may itself hold spaces and parentheses; state follows it, then parent and
  // group; start time is field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, group, startTime] = [fields[0], fields[2], fields[19]];
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, group: Number(group), startTime };
}

/**
 * Returns whether the same process still runs.
 * @param {ProcessIdentity} identity
 */
export function isAlive(identity) {
  return identify(identity.pid)?.startTime === identity.startTime;
}

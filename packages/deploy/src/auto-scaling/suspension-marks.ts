import { createHash } from 'node:crypto';

import type { AutoScalingGroup as GroupDescription } from '@aws-sdk/client-auto-scaling';

import { EXPIRY_SECONDS } from '../rollout/host-lock.ts';
import { hasEnded, thisProcess } from '../rollout/lock-process.ts';

/** Key of the tags of a group whose health checks are suspended; each change has one, with its ID after a colon. */
const TAG = 'fairlead:suspended';

/** Tag of a change that has suspended processes of a group. */
export interface SuspensionMark {
  /** Key of the tag. */
  readonly key: string;
  /** Processes to resume. */
  readonly processes: readonly string[];
  /** False once the change has ended without removing its mark: it was killed, or its machine sleeps. */
  readonly isLive: boolean;
}

/** Returns the key of the mark of a change. */
export function markKey(id: string): string {
  return `${TAG}:${id}`;
}

/** Returns the value of a mark: the time of its last renewal, the processes to resume, and the process of the change. */
export function markValue(processes: readonly string[], now = new Date()): string {
  const self = thisProcess();
  const holder = self === undefined ? [] : [`@${machineId(self.machine)}:${self.pid}`];
  return [now.toISOString(), ...processes, ...holder].join(' ');
}

/** Reads the marks of a group. A mark counts as left behind as the lock of a host does: without renewal, or once its process has ended. */
export function marksOf(
  { Tags = [] }: GroupDescription,
  now = Date.now(),
): readonly SuspensionMark[] {
  return Tags.flatMap(({ Key: key = '', Value: value = '' }) => {
    if (key !== TAG && !key.startsWith(`${TAG}:`)) return [];
    const [first = '', ...words] = value.split(' ');
    const processes = words.filter((word) => /^[A-Za-z]+$/.test(word));
    // Marks of older versions, which have no time, are of commands that were killed.
    const age = now - Date.parse(first);
    const isLive = age < EXPIRY_SECONDS * 1_000 && !hasHolderEnded(words);
    return [{ key, processes, isLive }];
  });
}

function hasHolderEnded(words: readonly string[]): boolean {
  const self = thisProcess();
  const [, machine, pid] = /^@([0-9a-f]+):(\d+)$/.exec(words.at(-1) ?? '') ?? [];
  if (self === undefined || machine !== machineId(self.machine)) return false;
  return hasEnded({ ...self, pid: Number(pid) });
}

/** Returns a name of a machine whose characters a tag may have. */
function machineId(machine: string): string {
  return createHash('sha256').update(machine).digest('hex').slice(0, 16);
}

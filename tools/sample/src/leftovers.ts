import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from '@fairlead/setup/process-identity';

const TIMEOUT_MS = 5000;

/** Notes which processes run, so that the next start can see to those that outlived a killed starter. */
export function noteProcesses(path: string, pids: readonly (number | undefined)[]): void {
  const identities = pids.flatMap((pid) => (pid === undefined ? [] : (identify(pid) ?? [])));
  // Whole or not there, however this process ends.
  writeFileSync(`${path}.new`, JSON.stringify(identities));
  renameSync(`${path}.new`, path);
}

/** Forgets the note, after an orderly end. */
export function forgetProcesses(path: string): void {
  rmSync(path, { force: true });
}

/** Ends what a killed starter left: such processes were asked to end when it died, and get a while for that. */
export async function endLeftovers(path: string, timeoutMs = TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let leftovers = readNote(path).filter(isAlive);
  while (leftovers.length > 0 && performance.now() < deadline) {
    await sleep(50);
    leftovers = leftovers.filter(isAlive);
  }
  for (const { pid } of leftovers) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended just now.
    }
  }
  forgetProcesses(path);
}

function readNote(path: string): readonly ProcessIdentity[] {
  if (!existsSync(path)) return [];
  try {
    const note: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(note) ? note.filter(isIdentity) : [];
  } catch {
    return [];
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, startTime } = (value ?? {}) as Partial<ProcessIdentity>;
  // kill(-1) would reach every process of this user.
  return Number.isSafeInteger(pid) && Number(pid) > 1 && typeof startTime === 'string';
}

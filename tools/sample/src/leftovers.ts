import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from '@fairlead/setup/process-identity';

const PATIENCE_MS = 5000;

/** Notes which processes run, so that the next start can see to those that outlived a killed starter. */
export function noteProcesses(path: string, pids: readonly (number | undefined)[]): void {
  const identities = pids.flatMap((pid) => (pid === undefined ? [] : (identify(pid) ?? [])));
  writeFileSync(path, JSON.stringify(identities));
}

/** Forgets the note, after an orderly end. */
export function forgetProcesses(path: string): void {
  rmSync(path, { force: true });
}

/** Ends what a killed starter left: such processes were asked to end when it died, and get a while for that. */
export async function endLeftovers(path: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
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
    return JSON.parse(readFileSync(path, 'utf8')) as readonly ProcessIdentity[];
  } catch {
    return [];
  }
}

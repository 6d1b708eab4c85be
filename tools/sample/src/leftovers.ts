import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from '@fairlead/setup/process-identity';

const TIMEOUT_MS = 5000;

/** Records the running processes, so that the next start can end those that outlived a killed starter. */
export function recordProcesses(path: string, pids: readonly (number | undefined)[]): void {
  const identities = pids.flatMap((pid) => (pid === undefined ? [] : (identify(pid) ?? [])));
  // Written atomically: the file is whole or absent, even if this process is killed.
  writeFileSync(`${path}.new`, JSON.stringify(identities));
  renameSync(`${path}.new`, path);
}

/** Deletes the record after an orderly end. */
export function deleteProcessRecord(path: string): void {
  rmSync(path, { force: true });
}

/** Ends the processes that a killed starter left: they got SIGTERM when it died, and are killed after `timeoutMs`. */
export async function endLeftovers(path: string, timeoutMs = TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let leftovers = readRecord(path).filter(isAlive);
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
  deleteProcessRecord(path);
}

function readRecord(path: string): readonly ProcessIdentity[] {
  if (!existsSync(path)) return [];
  try {
    const record: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(record) ? record.filter(isIdentity) : [];
  } catch {
    return [];
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, startTime } = (value ?? {}) as Partial<ProcessIdentity>;
  // kill(-1) would reach every process of this user.
  return Number.isSafeInteger(pid) && Number(pid) > 1 && typeof startTime === 'string';
}

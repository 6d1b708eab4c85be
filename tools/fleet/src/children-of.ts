import { readFileSync } from 'node:fs';

/** Returns the processes that `pid` has started; empty when it has ended. */
export function childrenOf(pid: number): readonly number[] {
  return (readIfAlive(`/proc/${pid}/task/${pid}/children`) ?? '')
    .split(' ')
    .filter((text) => text.trim() !== '')
    .map(Number);
}

/** Checks whether a process is the first one of its process namespace, and runs systemd already. */
export function isFirstOfHost(pid: number): boolean {
  const namespaces = /^NSpid:\s*(.*)$/m.exec(readIfAlive(`/proc/${pid}/status`) ?? '')?.[1];
  return (
    namespaces?.split(/\s+/).at(-1) === '1' &&
    readIfAlive(`/proc/${pid}/comm`)?.trim() === 'systemd'
  );
}

function readIfAlive(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

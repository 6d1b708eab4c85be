import { readdirSync, readFileSync } from 'node:fs';

/** Variable by which the processes of a training are found, also those that left its group. */
export const TOKEN_VARIABLE = 'FAIRLEAD_TRAINING_TOKEN';

/** Sends a signal to a group of processes; one that has ended is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/** Ends the processes whose environment has the folder of a training as their token, on Linux; elsewhere those of its group alone. */
export function endProcesses(token: string, group: number | undefined): void {
  if (group !== undefined) signalGroup(group, 'SIGKILL');
  for (const pid of processesOf(token)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** Numbers of the processes of a training, without this one; empty where `/proc` doesn't exist. */
export function processesOf(token: string): readonly number[] {
  const entry = `${TOKEN_VARIABLE}=${token}`;
  let names: readonly string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(entry);
      } catch {
        // It has ended, or is one of another account.
        return false;
      }
    })
    .map(Number);
}

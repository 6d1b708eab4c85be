import { identify } from '@fairlead/setup/process-identity';

/** Returns whether no process has this PID. */
export function hasEnded(pid: number): boolean {
  return identify(pid) === undefined;
}

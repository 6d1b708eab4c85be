import { identify } from '@fairlead/setup/process-identity';

/** True when nobody runs under this number; undefined else, for `eventually`. */
export function isGone(pid: number): true | undefined {
  return identify(pid) === undefined ? true : undefined;
}

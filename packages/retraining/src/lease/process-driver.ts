import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isRunning, processNamespace, startOfProcess } from './process-identity.ts';

/** Identity of the process that works on an attempt. */
export interface RetrainingDriver {
  /** Unique, also among processes of other machines. */
  readonly id: string;
  /** Returns whether the process with this identity is known to have ended; false for one of another machine. */
  readonly hasEnded: (id: string) => boolean;
}

/**
 * Returns the identity of this process: a lease of a process that was killed on this machine is lost at once, one of
 * another machine when it expires.
 *
 * @example
 * ```ts
 * import { processDriver } from '@fairlead/retraining';
 *
 * const driver = processDriver();
 * console.log(driver.hasEnded(driver.id)); // false
 * ```
 */
export function processDriver(): RetrainingDriver {
  const place = `${hostname()} ${processNamespace()}`;
  const start = startOfProcess(process.pid) ?? '';
  return {
    id: `${process.pid} ${start} ${randomUUID()} ${place}`,
    hasEnded(id) {
      const [pid = '', begun = '', , ...rest] = id.split(' ');
      return rest.join(' ') === place && !isRunning(Number(pid), begun);
    },
  };
}

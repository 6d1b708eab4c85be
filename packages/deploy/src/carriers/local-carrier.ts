import type { Carrier } from './carrier.ts';
import { runChild } from './run-child.ts';

/**
 * Returns the way to this machine: commands run here, as root.
 *
 * @example
 * ```ts
 * import { localCarrier } from '@fairlead/deploy/local';
 *
 * const carrier = localCarrier();
 * const { code, stdout } = await carrier.run(['printf', '%s', 'a b; $HOME']);
 * console.log(code, stdout); // 0 a b; $HOME
 * ```
 */
export function localCarrier(): Carrier {
  return { host: 'localhost', run: runChild, close: () => Promise.resolve() };
}

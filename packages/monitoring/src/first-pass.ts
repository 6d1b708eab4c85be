import type { ServerResponse } from 'node:http';

/**
 * Creates a function that returns true for a response it is called with for the first time.
 *
 * The response itself is marked, by a property that only this function knows: a WeakSet of requests costs the garbage collector more.
 */
export function firstPass(): (res: ServerResponse) => boolean {
  const passed = Symbol('fairlead passed');
  return (res: ServerResponse & { [passed]?: true }) => {
    if (res[passed] === true) return false;
    res[passed] = true;
    return true;
  };
}

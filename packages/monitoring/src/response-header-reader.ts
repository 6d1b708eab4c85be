import type { ServerResponse } from 'node:http';

/**
 * Makes a reader of the headers of `res`, by lower-case name, that also sees those which are given to `writeHead`:
 * Node sends these without keeping them for `getHeader`.
 */
export function responseHeaderReader(res: ServerResponse): (name: string) => string | undefined {
  let given: unknown;
  res.writeHead = new Proxy(res.writeHead.bind(res), {
    apply(writeHead, _self, args: unknown[]) {
      given = args.findLast((argument) => typeof argument === 'object');
      return Reflect.apply(writeHead, res, args) as ServerResponse;
    },
  });
  return (name) => {
    const value = res.getHeader(name) ?? valueIn(given, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
}

function valueIn(headers: unknown, name: string): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (!Array.isArray(headers)) {
    return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] as unknown;
  }
  // A flat list of names and values, or of pairs of them.
  const flat: unknown[] = headers.flat();
  for (let index = 0; index < flat.length; index += 2) {
    const key = flat[index];
    if (typeof key === 'string' && key.toLowerCase() === name) return flat[index + 1];
  }
  return undefined;
}

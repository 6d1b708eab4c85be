import type { ServerResponse } from 'node:http';

/**
 * The value of a header of a response, by its lower-case name, whether it was set or given to `writeHead`.
 *
 * Node keeps what `writeHead` was given only in the text that it sends, `_header`. The text is read because watching
 * `writeHead` would take a method of its own on each response, which keeps V8 from freeing them young.
 */
export function responseHeader(res: ServerResponse, name: string): string | undefined {
  const value = res.getHeader(name) ?? sentHeader(res, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function sentHeader(res: ServerResponse & { _header?: unknown }, name: string): string | undefined {
  const { _header: text } = res;
  if (typeof text !== 'string') return undefined;
  const prefix = `${name}:`;
  const line = text.split('\r\n').find((each) => each.toLowerCase().startsWith(prefix));
  return line?.slice(prefix.length).trim();
}

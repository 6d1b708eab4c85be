import type { ServerResponse } from 'node:http';

/**
 * Returns the value of a response header by its lower-case name, set by `setHeader` or by `writeHead`.
 *
 * Node stores the headers of `writeHead` only in the text that it sends, `_header`. The text is read because wrapping
 * `writeHead` would add a method to each response, which keeps V8 from freeing responses in the young generation.
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

import type { IncomingMessage, ServerResponse } from 'node:http';

/** `completed`: the whole response was passed to the operating system; `aborted`: the connection ended before that. */
export type RequestOutcome = 'completed' | 'aborted';

/** Calls `listener` once, when the response is complete or its connection has closed. */
export function onRequestEnd(
  res: ServerResponse,
  listener: (outcome: RequestOutcome) => void,
): void {
  const end = () => {
    listener(res.writableFinished ? 'completed' : 'aborted');
  };
  if (res.closed) end();
  // Not `once`, which wraps and removes the listener: a response closes only once, and this runs for every request.
  else res.on('close', end);
}

/** Returns the requested path without its query, also within an Express router. */
export function requestPath(req: IncomingMessage & { readonly originalUrl?: unknown }): string {
  // Express removes the mount path from `url` while a router runs, and stores the whole in `originalUrl`.
  const target = typeof req.originalUrl === 'string' ? req.originalUrl : (req.url ?? '/');
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

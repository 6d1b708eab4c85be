import type { IncomingMessage, ServerResponse } from 'node:http';

/** `completed`: the whole response was handed to the system; `aborted`: the connection ended before that. */
export type RequestOutcome = 'completed' | 'aborted';

/** Calls `listener` once, when the response is complete or its connection is gone. */
export function onRequestEnd(
  res: ServerResponse,
  listener: (outcome: RequestOutcome) => void,
): void {
  const end = () => {
    listener(res.writableFinished ? 'completed' : 'aborted');
  };
  if (res.closed) end();
  // Not `once`, which wraps and removes the listener: a response closes a single time, and this is done for every request.
  else res.on('close', end);
}

/** The path that the client asked for, without its query, also within an Express router. */
export function requestPath(req: IncomingMessage & { readonly originalUrl?: unknown }): string {
  // Express cuts the mount point off `url` while a router runs, and keeps the whole in `originalUrl`.
  const target = typeof req.originalUrl === 'string' ? req.originalUrl : (req.url ?? '/');
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

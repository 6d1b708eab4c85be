import { randomUUID } from 'node:crypto';
import { validateHeaderName, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Middleware, Next } from './middleware.ts';

/** Settings of {@link requestId}. */
export interface RequestIdOptions {
  /**
   * The header that carries the id, in the request and in the answer.
   * @defaultValue `'X-Request-Id'`
   */
  readonly header?: string;
  /**
   * Whether a well-formed id of the request is kept. Turn it off where clients reach the service without a proxy
   * that sets the header and two of their requests must never share an id.
   * @defaultValue `true`
   */
  readonly trustIncoming?: boolean;
}

/** No character of it needs escaping in a log line, a header, a URL or a shell. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A property that only this module can name; a WeakMap of requests costs the garbage collector more. */
const property = Symbol('fairlead request id');

type Numbered = IncomingMessage & { [property]?: string };

/**
 * Makes the step that gives each request an id and repeats it in the answer.
 *
 * An incoming id is kept if it has 1 to 128 characters of `A-Z a-z 0-9 . _ -`; anything else is replaced by a random
 * UUID, not refused: an id is for correlation and must not cost a client its answer.
 *
 * @throws TypeError if the header's name isn't a valid one.
 */
export function requestId({
  header = 'X-Request-Id',
  trustIncoming = true,
}: RequestIdOptions = {}): Middleware {
  validateHeaderName(header);
  const incomingName = header.toLowerCase();
  return function requestIdMiddleware(req: IncomingMessage, res: ServerResponse, next: Next) {
    const incoming = trustIncoming ? req.headers[incomingName] : undefined;
    const id = isRequestId(incoming) ? incoming : randomUUID();
    (req as Numbered)[property] = id;
    res.setHeader(header, id);
    next();
  };
}

/** Whether a client's text is an id that {@link requestId} would keep; for ids that come otherwise than over `node:http`. */
export function isRequestId(text: unknown): text is string {
  return typeof text === 'string' && wellFormed.test(text);
}

/** The id that {@link requestId} gave to this request, or undefined if that step didn't run. */
export function getRequestId(req: IncomingMessage): string | undefined {
  return (req as Numbered)[property];
}

import { randomUUID } from 'node:crypto';
import { validateHeaderName, type IncomingMessage, type ServerResponse } from 'node:http';
import { checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import type { Middleware, Next } from './middleware.ts';

/** Options of {@link requestId}. */
export interface RequestIdOptions {
  /**
   * Header of the id, in the request and in the response.
   * @defaultValue `'X-Request-Id'`
   */
  readonly header?: string;
  /**
   * Uses a well-formed id of the request. Turn it off where clients reach the service without a proxy
   * that sets the header, and two of their requests must never share an id.
   * @defaultValue `true`
   */
  readonly trustIncoming?: boolean;
}

const optionNames: OptionNames<RequestIdOptions> = {
  header: 'optional',
  trustIncoming: 'optional',
};

/** Ids whose characters need no escaping in a log line, a header, a URL or a shell. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Property private to this module; a WeakMap of requests costs the garbage collector more. */
const property = Symbol('fairlead request id');

type Numbered = IncomingMessage & { [property]?: string };

/**
 * Creates middleware that gives each request an id and repeats it in the response.
 *
 * An incoming id is used if it has 1 to 128 characters of `A-Z a-z 0-9 . _ -`; anything else is replaced by a random
 * UUID, not refused: an id is for correlation and must not make a request fail.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` for an unknown option, TypeError if the header name is invalid.
 *
 * @example
 * ```ts
 * import { requestId } from '@fairlead/security';
 *
 * const middleware = requestId({ header: 'X-Request-Id', trustIncoming: false });
 * console.log(middleware.length); // 3
 * ```
 */
export function requestId(options: RequestIdOptions = {}): Middleware {
  const { header = 'X-Request-Id', trustIncoming = true } = checkOptions(
    'requestId',
    options,
    optionNames,
  );
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

/**
 * Returns whether {@link requestId} would use a text as an id; for calls that don't come over `node:http`.
 *
 * @example
 * ```ts
 * import { isRequestId } from '@fairlead/security';
 *
 * console.log(isRequestId('a1b2c3d4-0000'), isRequestId('two words')); // true false
 * ```
 */
export function isRequestId(text: unknown): text is string {
  return typeof text === 'string' && wellFormed.test(text);
}

/**
 * Returns the id that {@link requestId} gave to this request, or undefined if it didn't run.
 *
 * @example
 * ```ts
 * import type { IncomingMessage } from 'node:http';
 * import { getRequestId } from '@fairlead/security';
 *
 * console.log(getRequestId({} as IncomingMessage)); // undefined
 * ```
 */
export function getRequestId(req: IncomingMessage): string | undefined {
  return (req as Numbered)[property];
}

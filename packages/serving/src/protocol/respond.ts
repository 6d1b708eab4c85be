import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InferResult } from '../inference/infer-request.ts';
import type { Protocol, Reply } from './protocol.ts';
import { endEarly, isEarly } from './end-early.ts';
import { errorCode, toHttpError, type HttpError } from './http-error.ts';

/** The header with the stable code of an error. */
export const ERROR_HEADER = 'fairlead-error';

/** Headers of an answer, over HTTP and gRPC, at once and of a job: the model and version that answered, the variant that it was chosen as, and a fallback's reason. */
export function resultHeaders({
  model,
  version,
  variant,
  fallback,
}: Pick<InferResult, 'model' | 'version' | 'variant' | 'fallback'>): Record<string, string> {
  const headers: Record<string, string> = {
    'fairlead-model': model,
    'fairlead-version': version,
  };
  if (variant !== undefined) headers['fairlead-variant'] = variant;
  if (fallback !== undefined) headers['fairlead-fallback'] = fallback.reason;
  return headers;
}

/** Headers of an error: its code, where it has one, and when to retry. */
export function errorHeaders(
  error: unknown,
  retryAfterSeconds: number | undefined,
): Record<string, string> {
  const code = errorCode(error);
  return {
    ...(code !== undefined && { [ERROR_HEADER]: code }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  };
}

/** Options of {@link sendReply}. */
export interface SendOptions {
  /** True if the server drains: clients reconnect, and reach another host. */
  readonly draining: boolean;
}

/** Sends a reply, also before the body of its request was received. */
export function sendReply(
  res: ServerResponse,
  { status = 200, body, contentType = 'application/json', headers }: Reply,
  { draining }: SendOptions,
): void {
  res.statusCode = status;
  res.setHeader('content-type', contentType);
  const length = Buffer.byteLength(body);
  res.setHeader('content-length', length);
  for (const name in headers) res.setHeader(name, headers[name] ?? '');
  if (draining) res.setHeader('connection', 'close');
  if (isEarly(res.req, res)) {
    endEarly(res.req, res, body);
    return;
  }
  // ASCII needn't be encoded; headers are never more than Latin-1.
  if (length === body.length) res.end(body, 'latin1');
  else res.end(body);
}

/** Options of {@link sendError}. */
export interface SendErrorOptions extends SendOptions {
  readonly protocol: Pick<Protocol, 'describeError'>;
  /**
   * Decides on status and message.
   * @defaultValue `toHttpError`
   */
  readonly describe?: (error: unknown) => HttpError;
  /**
   * Returns whether an error is a fault of the server.
   * @defaultValue those with status 500
   */
  readonly isFault?: (error: unknown, status: number) => boolean;
  /** Called for faults of the server, whose message clients don't get. */
  readonly onError: (error: unknown, req: IncomingMessage) => void;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends an error in the shape of its protocol; a response that was begun is cut off. */
export function sendError(
  res: ServerResponse,
  error: unknown,
  {
    protocol,
    describe = toHttpError,
    isFault = (_error, status) => status === 500,
    onError,
    draining,
    headers,
  }: SendErrorOptions,
): void {
  const described = describe(error);
  const { status, retryAfterSeconds } = described;
  if (isFault(error, status)) onError(error, res.req);
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const reply = {
    status,
    body: protocol.describeError(described),
    headers: { ...headers, ...errorHeaders(error, retryAfterSeconds) },
  };
  sendReply(res, reply, { draining });
}

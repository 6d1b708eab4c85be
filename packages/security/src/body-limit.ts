import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { declaredBodyBytes, unknownLength } from './body-framing.ts';
import { checkInteger, refuseOption } from './check-option.ts';
import { contentCoding } from './content-coding.ts';
import { limitStreamedBody } from './limit-streamed-body.ts';
import { mediaTypeMatcher } from './media-type.ts';
import type { Middleware, Next } from './middleware.ts';
import { countHeader } from './raw-headers.ts';
import { SecurityError } from './security-error.ts';

/** Connections on which nobody can tell where a body ended. */
const ambiguous = new WeakSet<Socket>();

/** Settings of {@link bodyLimit}. */
export interface BodyLimitOptions {
  /** The largest body, in bytes as they travel. */
  readonly maxBodyBytes: number;
  /** The media types that are read here, such as `application/json`, without parameters. */
  readonly mediaTypes: readonly string[];
  /**
   * The content encodings that are let through. Whoever decodes one has to bound what comes out of it.
   * @defaultValue `['identity']`
   */
  readonly contentEncodings?: readonly string[];
  /**
   * Whether a body without any Content-Type passes, for clients such as tritonclient that send none. Whoever reads it
   * has to take it for one of `mediaTypes`.
   * @defaultValue `false`
   */
  readonly allowMissingType?: boolean;
}

/**
 * Makes the step that refuses a body by its headers, and bounds a body of unknown length while it is read.
 *
 * It reads nothing itself, so that a body is only buffered for who is allowed to send one. A request without a body
 * passes, whatever its method.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` if a setting is wrong.
 */
export function bodyLimit({
  maxBodyBytes,
  mediaTypes,
  contentEncodings = ['identity'],
  allowMissingType = false,
}: BodyLimitOptions): Middleware {
  checkInteger('maxBodyBytes', maxBodyBytes, 1, Number.MAX_SAFE_INTEGER);
  const isAllowedType = mediaTypeMatcher(mediaTypes);
  const allowedEncodings = new Set(contentEncodings.map((encoding) => encoding.toLowerCase()));
  if (allowedEncodings.size === 0) {
    refuseOption('contentEncodings', 'at least one encoding', contentEncodings);
  }
  const acceptedTypes = mediaTypes.join(', ');
  const acceptedEncodings = [...allowedEncodings].join(', ');

  return function bodyLimitMiddleware(req: IncomingMessage, res: ServerResponse, next: Next) {
    // Requests may have been parsed behind an ambiguous one before its connection was closed.
    if (ambiguous.has(req.socket)) {
      req.socket.destroySoon();
      return;
    }
    const refusal = refusalOf(req);
    if (refusal === undefined && req.headers['transfer-encoding'] !== undefined) {
      limitStreamedBody(req, res, maxBodyBytes, tooLarge);
    }
    next(refusal);
  };

  function refusalOf(req: IncomingMessage): unknown {
    try {
      check(req);
      return undefined;
    } catch (error) {
      if (error instanceof SecurityError && error.headers.Connection === 'close') {
        ambiguous.add(req.socket);
      }
      return error;
    }
  }

  function check(req: IncomingMessage): void {
    const bytes = declaredBodyBytes(req);
    if (bytes === 0) return;
    const received = bytes === unknownLength ? req.readableLength : bytes;
    if (received > maxBodyBytes) throw tooLarge();
    const contentType = req.headers['content-type'];
    const isAllowed = contentType === undefined ? allowMissingType : isAllowedType(contentType);
    if (!isAllowed || countHeader(req, 'content-type') > 1) {
      throw new SecurityError(
        'ERR_SECURITY_MEDIA_TYPE',
        `The body must be sent with one Content-Type of: ${acceptedTypes}; its only parameter may be charset=utf-8.`,
        { headers: { Accept: acceptedTypes } },
      );
    }
    if (!allowedEncodings.has(contentCoding(req.headers['content-encoding']))) {
      throw new SecurityError(
        'ERR_SECURITY_CONTENT_ENCODING',
        `The body must be sent with a Content-Encoding of: ${acceptedEncodings}.`,
        { headers: { 'Accept-Encoding': acceptedEncodings } },
      );
    }
  }

  function tooLarge(): SecurityError {
    return new SecurityError(
      'ERR_SECURITY_BODY_TOO_LARGE',
      `The body is larger than the ${maxBodyBytes} bytes accepted here; send less at once.`,
    );
  }
}

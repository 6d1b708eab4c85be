import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { declaredBodyBytes, unknownLength } from './body-framing.ts';
import { checkInteger, checkList, checkOptions, rejectOption } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { contentCoding } from './content-coding.ts';
import { limitStreamedBody } from './limit-streamed-body.ts';
import { mediaTypeMatcher } from './media-type.ts';
import type { Middleware, Next } from './middleware.ts';
import { countHeader } from './raw-headers.ts';
import { SecurityError } from './security-error.ts';

/** Connections on which the end of a body is ambiguous. */
const ambiguous = new WeakSet<Socket>();

/** Options of {@link bodyLimit}. */
export interface BodyLimitOptions {
  /** Largest body, in bytes on the wire. */
  readonly maxBodyBytes: number;
  /** Accepted media types, such as `application/json`, without parameters. */
  readonly mediaTypes: readonly string[];
  /**
   * Accepted content encodings. The decoder has to limit the decompressed size.
   * @defaultValue `['identity']`
   */
  readonly contentEncodings?: readonly string[];
  /**
   * Accepts a body without a Content-Type, for clients such as tritonclient that send none. The handler
   * has to read it as one of `mediaTypes`.
   * @defaultValue `false`
   */
  readonly allowMissingType?: boolean;
}

const optionNames: OptionNames<BodyLimitOptions> = {
  maxBodyBytes: 'required',
  mediaTypes: 'required',
  contentEncodings: 'optional',
  allowMissingType: 'optional',
};

/**
 * Creates middleware that refuses a body by its headers, and limits a body of unknown length while it is read.
 *
 * The middleware reads no body itself, so a later authentication step runs before anything is buffered. A request without a
 * body passes, with any method.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if an option is wrong.
 *
 * @example
 * ```ts
 * import { bodyLimit } from '@fairlead/security';
 *
 * const middleware = bodyLimit({ maxBodyBytes: 100_000, mediaTypes: ['application/json'] });
 * console.log(middleware.length); // 3
 * ```
 */
export function bodyLimit(options: BodyLimitOptions): Middleware {
  const {
    maxBodyBytes,
    mediaTypes,
    contentEncodings = ['identity'],
    allowMissingType = false,
  } = checkOptions('bodyLimit', options, optionNames);
  checkInteger('maxBodyBytes', maxBodyBytes, 1, Number.MAX_SAFE_INTEGER);
  const isAllowedType = mediaTypeMatcher(mediaTypes);
  checkList('contentEncodings', 'a list of encodings', contentEncodings);
  if (contentEncodings.length === 0) {
    rejectOption('contentEncodings', 'at least one encoding', contentEncodings);
  }
  const allowedEncodings = new Set(contentEncodings.map((encoding) => encoding.toLowerCase()));
  const acceptedTypes = mediaTypes.join(', ');
  const acceptedEncodings = [...allowedEncodings].join(', ');

  return function bodyLimitMiddleware(req: IncomingMessage, res: ServerResponse, next: Next) {
    // Pipelined requests may have been parsed behind an ambiguous one before its connection was closed.
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
      `The body is larger than the accepted ${maxBodyBytes} bytes; send less at once.`,
    );
  }
}

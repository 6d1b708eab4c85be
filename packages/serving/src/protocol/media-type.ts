import type { IncomingMessage } from 'node:http';
import { ServingError } from '../serving-error.ts';

/**
 * Refuses a body of another media type.
 *
 * A missing type is taken for the first of `allowed`: tritonclient sends JSON without any.
 *
 * @throws ServingError `ERR_SERVING_UNSUPPORTED_MEDIA_TYPE` naming what may be sent.
 */
export function checkMediaType({ headers }: IncomingMessage, allowed: readonly string[]): void {
  const type = mediaTypeOf(headers['content-type']);
  if (type !== undefined && !allowed.includes(type)) {
    const message = `send ${allowed.join(' or ')}, not ${JSON.stringify(type.slice(0, 100))}`;
    throw new ServingError('ERR_SERVING_UNSUPPORTED_MEDIA_TYPE', message);
  }
}

/** The media type without its parameters, in lower case. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined;
  const end = contentType.indexOf(';');
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

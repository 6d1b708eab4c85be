import type { IncomingMessage } from 'node:http';
import { ServingError } from '../serving-error.ts';

/**
 * Refuses a body of another media type, or whose text isn't UTF-8.
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
  const charset = parametersOf(headers['content-type']).get('charset') ?? 'utf-8';
  if (UTF8.has(charset.toLowerCase())) return;
  const message = `send UTF-8, not ${JSON.stringify(charset.slice(0, 100))}`;
  throw new ServingError('ERR_SERVING_UNSUPPORTED_MEDIA_TYPE', message);
}

// ASCII is a part of it.
const UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);

/** The parameters of a media type by their names in lower case, quotes taken off. */
export function parametersOf(contentType = ''): ReadonlyMap<string, string> {
  const [, ...parameters] = contentType.includes(';') ? contentType.split(';') : [];
  return new Map(
    parameters.flatMap((parameter) => {
      const [name = '', value = ''] = parameter.split('=', 2).map((part) => part.trim());
      return name === '' ? [] : [[name.toLowerCase(), value.replace(/^"(.*)"$/, '$1')] as const];
    }),
  );
}

/** The media type without its parameters, in lower case. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined;
  const end = contentType.indexOf(';');
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

import type { IncomingMessage } from 'node:http';
import { ServingError } from '../errors/serving-error.ts';

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

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/**
 * The parameters of a media type by their names in lower case, quotes taken off. Semicolons without a parameter are
 * nothing, and of a name that comes twice the first value counts.
 *
 * Source: RFC 9110, 5.6.6 and 8.3.1.
 */
export function parametersOf(contentType = ''): ReadonlyMap<string, string> {
  if (!contentType.includes(';')) return NO_PARAMETERS;
  const parameters = new Map<string, string>();
  for (const parameter of splitOutsideQuotes(contentType, ';').slice(1)) {
    const equals = parameter.indexOf('=');
    const name = (equals === -1 ? parameter : parameter.slice(0, equals)).trim().toLowerCase();
    const value = equals === -1 ? '' : parameter.slice(equals + 1).trim();
    if (name !== '' && !parameters.has(name)) parameters.set(name, withoutQuotes(value));
  }
  return parameters;
}

/** The media type without its parameters, in lower case. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined;
  const end = contentType.indexOf(';');
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

/** The parts of a header's value between separators, but for those in a quoted string (RFC 9110, 5.6.4). */
export function splitOutsideQuotes(value: string, separator: ',' | ';'): readonly string[] {
  if (!value.includes('"')) return value.split(separator);
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < value.length; index++) {
    const character = value[index];
    if (character === '"') quoted = !quoted;
    else if (character === '\\' && quoted) index += 1;
    else if (character === separator && !quoted) {
      parts.push(value.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, value.slice(start)];
}

function withoutQuotes(value: string): string {
  const quoted = /^"(.*)"$/s.exec(value)?.[1];
  return quoted === undefined ? value : quoted.replace(/\\(.)/gs, '$1');
}

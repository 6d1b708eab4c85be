import { checkList, rejectOption } from './check-options.ts';

/** `type/subtype` of RFC 9110, 8.3.1, where both are tokens. */
const essencePattern = /^[!#$%&'*+.^_`|~0-9a-z-]{1,127}\/[!#$%&'*+.^_`|~0-9a-z-]{1,127}$/;
/** One `OWS ";" OWS [ parameter ]` of RFC 9110, 5.6.6, in lower case; the parameter may be missing. */
const parameterPattern =
  /[ \t]*;[ \t]*(?:([!#$%&'*+.^_`|~0-9a-z-]+)=([!#$%&'*+.^_`|~0-9a-z-]+|"(?:[^"\\]|\\.)*"))?/y;

/**
 * Returns the test of a `Content-Type` against an allow-list: no parameter, or `charset=utf-8` once, in any spelling of
 * RFC 9110 (quoted, upper case, followed by semicolons without a parameter).
 *
 * Other charsets are dangerous: some parsers decode `utf-7` and read text that an earlier check did not.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if the list is empty or an entry isn't a plain `type/subtype`.
 */
export function mediaTypeMatcher(mediaTypes: readonly string[]): (contentType: string) => boolean {
  checkList('mediaTypes', 'a list of media types', mediaTypes);
  if (mediaTypes.length === 0) rejectOption('mediaTypes', 'at least one media type', mediaTypes);
  const allowed = new Set<string>();
  for (const mediaType of mediaTypes) {
    const essence = mediaType.toLowerCase();
    if (!essencePattern.test(essence) || essence.includes('*')) {
      rejectOption(
        'mediaTypes',
        'entries such as "application/json", without parameters',
        mediaType,
      );
    }
    allowed.add(essence);
  }
  return function matchesMediaType(contentType: string): boolean {
    if (allowed.has(contentType)) return true;
    const lower = contentType.toLowerCase();
    const end = lower.indexOf(';');
    const essence = end === -1 ? lower : lower.slice(0, end);
    return allowed.has(essence.trim()) && (end === -1 || hasOnlyUtf8(lower.slice(end)));
  };
}

/** Returns whether a media type has no parameters, or `charset=utf-8` once. */
function hasOnlyUtf8(parameters: string): boolean {
  const text = parameters.trimEnd();
  let charsets = 0;
  let at = 0;
  while (at < text.length) {
    parameterPattern.lastIndex = at;
    const found = parameterPattern.exec(text);
    if (found === null) return false;
    at = parameterPattern.lastIndex;
    const [, name, value = ''] = found;
    if (name === undefined) continue;
    charsets += 1;
    if (name !== 'charset' || charsets > 1) return false;
    const charset = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
    if (charset !== 'utf-8') return false;
  }
  return true;
}

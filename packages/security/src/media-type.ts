import { refuseOption } from './check-option.ts';

/** `type/subtype` of RFC 9110, 8.3.1, where both are tokens. */
const essencePattern = /^[!#$%&'*+.^_`|~0-9a-z-]{1,127}\/[!#$%&'*+.^_`|~0-9a-z-]{1,127}$/;
const utf8Parameter = /^[ \t]*charset=(?:utf-8|"utf-8")[ \t]*$/;

/**
 * Makes the test of a `Content-Type` against an allow-list: no parameter, or `charset=utf-8` once.
 *
 * Other charsets are not harmless: some parsers decode `utf-7` and see text that a check in front of them did not.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` if the list is empty or an entry isn't a plain `type/subtype`.
 */
export function mediaTypeMatcher(mediaTypes: readonly string[]): (contentType: string) => boolean {
  if (mediaTypes.length === 0) refuseOption('mediaTypes', 'at least one media type', mediaTypes);
  const allowed = new Set<string>();
  for (const mediaType of mediaTypes) {
    const essence = mediaType.toLowerCase();
    if (!essencePattern.test(essence) || essence.includes('*')) {
      refuseOption(
        'mediaTypes',
        'entries such as "application/json", without parameters',
        mediaType,
      );
    }
    allowed.add(essence);
  }
  return function matchesMediaType(contentType: string): boolean {
    if (allowed.has(contentType)) return true;
    const [essence = '', parameter, ...more] = contentType.toLowerCase().split(';', 3);
    if (!allowed.has(essence.trim()) || more.length > 0) return false;
    return parameter === undefined || utf8Parameter.test(parameter);
  };
}

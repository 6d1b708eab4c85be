/**
 * Normalizes the value of `Content-Encoding`: `identity` without the header, lower case, `gzip` for `x-gzip`.
 * Empty list elements, and `identity` beside another coding, are dropped; several codings stay a list.
 *
 * Source: RFC 9110, 5.6.1.2 and 8.4.
 */
export function contentCoding(header: string | undefined): string {
  if (header === undefined) return IDENTITY;
  const codings = header
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '');
  const changing = codings.filter((coding) => coding !== IDENTITY);
  if (changing.length === 0) return codings[0] ?? '';
  return changing.map((coding) => ALIASES.get(coding) ?? coding).join(', ');
}

const IDENTITY = 'identity';
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['x-gzip', 'gzip'],
  ['x-compress', 'compress'],
]);

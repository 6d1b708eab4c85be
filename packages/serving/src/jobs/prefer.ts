/**
 * Returns true when a header `Prefer` holds the preference `respond-async`.
 *
 * Source: RFC 7240, sections 2 and 4.1.
 */
export function prefersAsync(header: string | readonly string[] | undefined): boolean {
  if (header === undefined) return false;
  const text = typeof header === 'string' ? header : header.join(',');
  // A quoted string is a value.
  return text
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .split(',')
    .some((preference) => /^\s*respond-async\s*(?:[=;]|$)/i.test(preference));
}

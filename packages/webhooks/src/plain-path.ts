/** Scheme, authority and path of a URL before a parser normalizes it. */
const PARTS = /^https?:\/\/[^/?#\\]+([^?#]*)/i;
// eslint-disable-next-line no-control-regex -- control characters are searched for
const UNSAFE = /[\x00-\x20\x7f\\]/;
// eslint-disable-next-line no-control-regex -- control characters are searched for
const CONTROL = /[\x00-\x1f\x7f\\]/;
/** An escape that is left after decoding: it was escaped twice. */
const ESCAPE = /%[0-9a-f]{2}/i;

/**
 * Checks that every server reads the path of an http(s) URL alike: servers decode escapes, remove path parameters behind
 * a semicolon and resolve dot segments in different orders, and a path that combines these can leave its prefix.
 *
 * Rejects backslashes, spaces and control characters, escaped slashes, dots and control characters, doubly escaped
 * characters, escapes that aren't UTF-8, and the segments `.` and `..`, with and without path parameters.
 */
export function hasPlainPath(url: string): boolean {
  if (UNSAFE.test(url)) return false;
  const [, path] = PARTS.exec(url) ?? [];
  if (path === undefined || /%(?:2e|2f|5c)/i.test(path)) return false;
  const decoded = decode(path);
  if (decoded === undefined || CONTROL.test(decoded) || ESCAPE.test(decoded)) return false;
  // Some servers treat full-width dots and slashes as dots and slashes.
  const normal = decoded.normalize('NFKC');
  if (normal.split('/').length !== path.split('/').length || normal.includes('\\')) return false;
  return !normal.split('/').some(isDots);
}

function isDots(segment: string): boolean {
  const [name = ''] = segment.split(';');
  return /^\.{1,2}$/.test(name.trim());
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Scheme, authority and path of a URL as it was written, before a parser mends anything. */
const PARTS = /^https?:\/\/[^/?#\\]+([^?#]*)/i;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE = /[\x00-\x20\x7f\\]/;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f\\]/;
/** What is left of an escape that was escaped itself. */
const ESCAPE = /%[0-9a-f]{2}/i;

/**
 * Checks that the path of an http(s) URL means the same to every server: servers decode escapes, drop what stands behind
 * a semicolon and resolve dots at different moments, and a path in which these meet may leave its prefix there.
 *
 * Refused are backslashes, spaces and control characters, escapes of slashes, dots and control characters, escapes that
 * are escaped again, escapes that aren't UTF-8, and segments `.` and `..`, with and without a `;` behind them.
 */
export function hasPlainPath(url: string): boolean {
  if (UNSAFE.test(url)) return false;
  const [, path] = PARTS.exec(url) ?? [];
  if (path === undefined || /%(?:2e|2f|5c)/i.test(path)) return false;
  const decoded = decode(path);
  if (decoded === undefined || CONTROL.test(decoded) || ESCAPE.test(decoded)) return false;
  // Some servers take the wide forms of dots and slashes for the dots and slashes themselves.
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

declare const brand: unique symbol;

/** Normalized absolute path that every rendered format can represent. */
export type AbsolutePath = string & {
  /** Set by the check only. */
  readonly [brand]: 'AbsolutePath';
};

/**
 * Describes why `text` is not a usable path; `undefined` when it is one.
 *
 * `$` is refused because Nginx would expand it when it opens the file, on each request.
 */
export function absolutePathProblem(text: string): string | undefined {
  if (!text.startsWith('/')) return 'must be absolute (start with "/")';
  if (/[\p{Cc}\p{Surrogate}]/u.test(text)) return 'must not contain control characters';
  if (text.includes('$')) return 'must not contain "$": Nginx would read it as a variable';
  if (text !== text.trim()) return 'must not end with white space';
  if (text === '/') return undefined;
  if (
    text
      .split('/')
      .slice(1)
      .some((part) => part === '' || part === '.' || part === '..')
  ) {
    return 'must be normalized: no "//", ".", ".." and no "/" at the end';
  }
  if (Buffer.byteLength(text) > 1024) return 'must be at most 1024 bytes long';
  return undefined;
}

/** Returns whether `text` is a normalized absolute path. */
export function isAbsolutePath(text: string): text is AbsolutePath {
  return absolutePathProblem(text) === undefined;
}

import { createHash } from 'node:crypto';

/**
 * Returns the CSP source that allows exactly this inline style or script: `'sha256-…'` of its UTF-8 text (CSP 3, 2.3.1).
 *
 * @example
 * ```ts
 * import { contentHash } from '@fairlead/security';
 *
 * console.log(contentHash('alert(1)').slice(0, 8)); // 'sha256-
 * ```
 */
export function contentHash(inlineText: string): string {
  return `'sha256-${createHash('sha256').update(inlineText).digest('base64')}'`;
}

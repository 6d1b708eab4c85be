import { createHash } from 'node:crypto';

/** The CSP source that allows exactly this inline style or script: `'sha256-…'` over its UTF-8 text (CSP 3, 2.3.1). */
export function contentHash(inlineText: string): string {
  return `'sha256-${createHash('sha256').update(inlineText).digest('base64')}'`;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { RenderedFile } from '../../src/index.ts';

/** Writes rendered files, below `root` when one is given. */
export function writeFiles(files: readonly RenderedFile[], root = '/'): void {
  for (const { path, content, mode } of files) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content, { mode });
  }
}

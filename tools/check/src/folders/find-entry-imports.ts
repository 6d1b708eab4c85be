import { basename, dirname } from 'node:path';

import type { Import } from './folder-graph.ts';
import type { SourceImports } from './source-imports.ts';

/** Files that stand above everything in their folder: they export it or run it. */
const ENTRY_FILES = new Set(['index.ts', 'main.ts', 'bin.ts']);

/** Finds imports of an entry file by a file beside it or below it. */
export function findEntryImports(imports: SourceImports): readonly Import[] {
  const found: Import[] = [];
  for (const [from, targets] of imports) {
    for (const to of targets) {
      const folder = dirname(to);
      const above = folder === '.' || from.startsWith(`${folder}/`);
      if (above && ENTRY_FILES.has(basename(to))) found.push({ from, to });
    }
  }
  return found;
}

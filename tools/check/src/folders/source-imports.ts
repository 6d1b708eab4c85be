import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import ts from 'typescript';

/** The relative imports of a folder's TypeScript and JavaScript files: types, re-exports and `import()` count too. */
export type SourceImports = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the imports of each source file below a folder.
 *
 * @returns for each file, the files that it imports; all paths are relative to the folder
 */
export function readSourceImports(folder: string): SourceImports {
  const imports = new Map<string, readonly string[]>();
  for (const name of globSync('**/*.{ts,mts,mjs}', { cwd: folder }).sort()) {
    const file = join(folder, name);
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
    const targets = importedFiles
      .filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => relative(folder, join(dirname(file), fileName)));
    imports.set(name, targets);
  }
  return imports;
}

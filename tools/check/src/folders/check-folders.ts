import { findEntryImports } from './find-entry-imports.ts';
import { findRings } from './find-rings.ts';
import { buildFolderGraphs } from './folder-graph.ts';
import { readSourceImports } from './source-imports.ts';

/** An import that the folder rules refuse. */
export interface FolderProblem {
  /** Names the edge, stable while files move inside a unit: `models/ → cache/`. */
  readonly id: string;
  readonly message: string;
}

/**
 * Checks the folders below `sources`:
 *
 * - no ring: neither two subfolders of one folder, nor a subfolder and a file beside it, import each other, directly or through
 *   others. A folder may import a file beside it, such as the package's error class, while this file needs nothing of the folder.
 * - nothing imports `index.ts`, `main.ts` or `bin.ts` of the same folder or of a folder above.
 */
export function checkFolders(sources: string): readonly FolderProblem[] {
  const imports = readSourceImports(sources);
  const rings = buildFolderGraphs(imports)
    .flatMap(findRings)
    .map(({ folder, unit, target, from, to }) => {
      const id = `${folder === '.' ? '' : `${folder}/: `}${unit} → ${target}`;
      return {
        id,
        message: `${id} is part of a ring: ${from} imports ${to}. Move what both need into the lower of the two, or below both.`,
      };
    });
  const entries = findEntryImports(imports).map(({ from, to }) => ({
    id: `${from} → ${to}`,
    message: `${from} imports ${to}, which stands above it. Import the file that declares the name.`,
  }));
  return [...rings, ...entries];
}

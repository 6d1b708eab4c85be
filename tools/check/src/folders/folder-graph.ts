import { dirname } from 'node:path';

import type { SourceImports } from './source-imports.ts';

/** An import between two units, as it stands in the sources. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/**
 * Units of one folder, and the imports among them: a subfolder with everything below it is one unit (its name
 * ends with `/`), a file is one unit.
 */
export interface FolderGraph {
  /** Relative to the sources of the package; `.` for the sources themselves. */
  readonly folder: string;
  /** From a unit to the units that it imports, each with the first import seen. */
  readonly edges: ReadonlyMap<string, ReadonlyMap<string, Import>>;
}

/** Builds the graph of each folder that holds subfolders. */
export function buildFolderGraphs(imports: SourceImports): readonly FolderGraph[] {
  const folders = new Set<string>();
  for (const file of imports.keys()) {
    for (let at = dirname(dirname(file)); dirname(file) !== '.'; at = dirname(at)) {
      folders.add(at);
      if (at === '.') break;
    }
  }
  return [...folders].sort().map((folder) => ({ folder, edges: edgesIn(folder, imports) }));
}

function edgesIn(folder: string, imports: SourceImports): FolderGraph['edges'] {
  const edges = new Map<string, Map<string, Import>>();
  for (const [from, targets] of imports) {
    const unit = unitOf(folder, from);
    if (unit === undefined) continue;
    for (const to of targets) {
      const target = unitOf(folder, to);
      if (target === undefined || target === unit) continue;
      const known = edges.get(unit) ?? new Map<string, Import>();
      if (!known.has(target)) known.set(target, { from, to });
      edges.set(unit, known);
    }
  }
  return edges;
}

/** The unit of a folder that a file belongs to; undefined for a file outside of the folder. */
function unitOf(folder: string, file: string): string | undefined {
  if (folder !== '.' && !file.startsWith(`${folder}/`)) return undefined;
  const path = folder === '.' ? file : file.slice(folder.length + 1);
  if (path.startsWith('..')) return undefined;
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(0, slash + 1);
}

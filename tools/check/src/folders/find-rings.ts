import type { FolderGraph, Import } from './folder-graph.ts';

/** One edge of a ring between a folder and what lies beside it. */
export interface RingEdge extends Import {
  readonly folder: string;
  /** The importing unit, such as `models/`, and the imported one. */
  readonly unit: string;
  readonly target: string;
}

/**
 * Finds the rings of a folder's graph that hold at least one subfolder: every edge between two units that reach each other.
 * A ring of files alone inside one folder is not reported.
 */
export function findRings({ folder, edges }: FolderGraph): readonly RingEdge[] {
  const reachable = new Map([...edges.keys()].map((unit) => [unit, reach(unit, edges)]));
  const reaches = (from: string, to: string): boolean => reachable.get(from)?.has(to) ?? false;
  const found: RingEdge[] = [];
  for (const [unit, targets] of edges) {
    for (const [target, imported] of targets) {
      if (!reaches(target, unit)) continue;
      const ring = [...edges.keys()].filter(
        (other) => reaches(unit, other) && reaches(other, unit),
      );
      if (ring.some(isFolder)) found.push({ folder, unit, target, ...imported });
    }
  }
  return found;
}

const isFolder = (unit: string): boolean => unit.endsWith('/');

function reach(start: string, edges: FolderGraph['edges']): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
    for (const target of edges.get(unit)?.keys() ?? []) {
      if (seen.has(target)) continue;
      seen.add(target);
      open.push(target);
    }
  }
  return seen;
}

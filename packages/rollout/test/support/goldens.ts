import { readFileSync } from 'node:fs';

/** Reads a golden file, such as `sequential/srm.json`. */
export function readGolden(path: string): unknown {
  const file = new URL(`../goldens/${path}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Reads every file of a registry's folder, by its key; the bytes as Latin-1. */
export function readTree(folder: string): Readonly<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, path);
    if (path.startsWith('.tmp') || !statSync(file).isFile()) continue;
    tree[path] = readFileSync(file, 'latin1');
  }
  return tree;
}

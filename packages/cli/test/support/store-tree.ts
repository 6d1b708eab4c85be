import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file of a folder: its key, and its bytes as text. */
export function treeOf(folder: string): Readonly<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, path);
    if (path.startsWith('.tmp') || !statSync(file).isFile()) continue;
    tree[path] = readFileSync(file, 'latin1');
  }
  return tree;
}

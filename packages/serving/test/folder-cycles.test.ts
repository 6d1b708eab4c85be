import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../src');
/** Pairs that import each other still; remove a pair from here when it is separated, and add none. */
const known = ['cache ↔ models', 'fallback ↔ models', 'openapi ↔ protocol'];

/** The folder of `src` that holds a file; undefined for the files beside the folders. */
const folderOf = (file: string): string | undefined => {
  const [folder, ...rest] = relative(src, file).split(sep);
  return rest.length === 0 ? undefined : folder;
};

test('no two further folders import each other, not even types', () => {
  const imports = new Set<string>();
  for (const name of globSync('**/*.ts', { cwd: src })) {
    const file = join(src, name);
    const from = folderOf(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/ from '(\.[^']+)'/g)) {
      const to = folderOf(join(dirname(file), path));
      if (from !== undefined && to !== undefined) imports.add(`${from} ↔ ${to}`);
    }
  }
  const isCycle = (pair: string): boolean => {
    const [first = '', second = ''] = pair.split(' ↔ ');
    return first < second && imports.has(`${second} ↔ ${first}`);
  };
  expect(imports.size).toBeGreaterThan(20);
  expect([...imports].filter(isCycle).sort()).toEqual(known);
});

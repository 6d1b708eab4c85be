import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

import { describe, expect, inject, it } from 'vitest';

import { packageFolderNames } from '../src/packed-package.ts';

const packages = inject('packages');

describe.each(packageFolderNames())('the tarball of %s', (name) => {
  const packed = () => {
    const found = packages.find(({ folder }) => folder.endsWith(`/${name}`));
    if (found === undefined) throw new Error(`${name} was not packed`);
    return found;
  };

  it('holds each source and what it compiles to, its manifest, its README and nothing else', () => {
    const { folder, files } = packed();
    const sources = globSync('src/**/*.ts', { cwd: folder });
    expect(sources).not.toEqual([]);
    const compiled = sources.flatMap((source) =>
      ['.js', '.js.map', '.d.ts', '.d.ts.map'].map(
        (ending) => source.replace(/^src/, 'dist').slice(0, -'.ts'.length) + ending,
      ),
    );
    const license = existsSync(join(folder, 'LICENSE')) ? ['LICENSE'] : [];
    // Sources of clients in other languages.
    const protos = globSync('proto/*.proto', { cwd: folder });
    const schemas = globSync('*.schema.json', { cwd: folder });
    const assembly = globSync('src/**/*.wat', { cwd: folder });
    const texts = ['README.md', 'package.json', ...license, ...protos, ...schemas, ...assembly];
    const expected = [...texts, ...sources, ...compiled];
    expect(expected.filter((file) => !files.includes(file))).toEqual([]);
    expect(files.filter((file) => !expected.includes(file))).toEqual([]);
  });

  it('holds what it exports', () => {
    const { manifest, files } = packed();
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    expect(targets.length).toBeGreaterThan(0);
    const packedFiles = files.map((file) => `./${file}`);
    for (const target of targets) expect(packedFiles).toContain(target);
  });

  it('has source maps that lead to sources in it', () => {
    const { unpacked, files } = packed();
    const maps = files.filter((file) => file.endsWith('.map'));
    expect(maps).not.toEqual([]);
    for (const map of maps) {
      const text = readFileSync(join(unpacked, map), 'utf8');
      const { sources } = JSON.parse(text) as { readonly sources: readonly string[] };
      const found = sources.map((source) => posix.join(posix.dirname(map), source));
      expect(files).toEqual(expect.arrayContaining(found));
    }
  });
});

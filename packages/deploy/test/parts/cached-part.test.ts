import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { expect, it } from 'vitest';

import { cachedPart, digestOfFiles } from '../../src/parts/cached-part.ts';

const files = [{ path: 'bin/a', source: Buffer.from('text'), executable: true }];

it('a part is compressed once, and copied from the cache after that', async () => {
  const cache = temporaryFolder();
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  const part = await cachedPart(cache, 'key', first, () => Promise.resolve(files));
  const again = await cachedPart(cache, 'key', second, () => expect.unreachable());
  expect(again).toEqual(part);
  expect(readdirSync(second)).toEqual(readdirSync(first));
});

it.each(['archive', 'record'])('a damaged %s of the cache is not used', async (damaged) => {
  const cache = temporaryFolder();
  const part = await cachedPart(cache, 'key', temporaryFolder(), () => Promise.resolve(files));
  const file = damaged === 'archive' ? `${part.sha256}.tar.gz` : 'key.json';
  writeFileSync(join(cache, 'parts', file), '{}');
  const folder = temporaryFolder();
  let reads = 0;
  const again = await cachedPart(cache, 'key', folder, () => {
    reads += 1;
    return Promise.resolve(files);
  });
  expect([reads, again]).toEqual([1, part]);
  expect(await cachedPart(cache, 'key', folder, () => expect.unreachable())).toEqual(part);
});

it('the digest of files depends on paths, modes, targets and contents', async () => {
  const [file] = files;
  const digests = await Promise.all(
    [
      files,
      [{ ...file, path: 'bin/b' }],
      [{ ...file, executable: false }],
      [{ ...file, source: Buffer.from('other') }],
      [{ path: 'bin/a', target: 'b' }],
      [{ path: 'bin/a', target: 'c' }],
    ].map((entries) => digestOfFiles(entries as typeof files)),
  );
  expect(new Set(digests).size).toBe(6);
  expect(await digestOfFiles(files)).toBe(digests[0]);
});

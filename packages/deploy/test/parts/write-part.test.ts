import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '@fairlead/test-support';
import { readTree } from '../../src/parts/read-tree.ts';
import { writePart } from '../../src/parts/write-part.ts';

/** A folder with a program, a text and a link, modified at `seconds`. */
function sampleTree(seconds: number, order: 'forward' | 'backward' = 'forward'): string {
  const folder = temporaryFolder();
  const files: readonly (readonly [string, string, number])[] = [
    ['bin/run', '#!/bin/sh\n', 0o755],
    ['ä long name '.repeat(12), 'text', 0o600],
    ['empty', '', 0o664],
  ];
  for (const [path, content, mode] of order === 'forward' ? files : files.toReversed()) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
    chmodSync(join(folder, path), mode);
    utimesSync(join(folder, path), seconds, seconds);
  }
  return folder;
}

describe('writePart', () => {
  it('writes the same archive for the same files, regardless of their time, mode and order', async () => {
    const out = [temporaryFolder(), temporaryFolder()] as const;
    const first = await writePart(out[0], await readTree(sampleTree(1_000_000_000), ''));
    const second = await writePart(
      out[1],
      await readTree(sampleTree(1_700_000_000, 'backward'), ''),
    );
    expect(second).toEqual(first);
    expect(readdirSync(out[0])).toEqual([`${first.sha256}.tar.gz`]);
    expect(readFileSync(join(out[1], `${first.sha256}.tar.gz`))).toEqual(
      readFileSync(join(out[0], `${first.sha256}.tar.gz`)),
    );
  });

  it('is unpacked by the tar of the system, with the digest of the archive and of each file', async () => {
    const out = temporaryFolder();
    const target = temporaryFolder();
    const link = { path: 'current', target: 'bin/run' };
    const part = await writePart(out, [...(await readTree(sampleTree(1), 'app/')), link]);
    const archive = join(out, `${part.sha256}.tar.gz`);
    const { status, stderr } = spawnSync('tar', ['-xzf', archive, '-C', target], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    const [digest] = spawnSync('sh', ['-c', `gzip -dc '${archive}' | sha256sum`], {
      encoding: 'utf8',
    }).stdout.split(' ');
    expect(digest).toBe(part.sha256);

    const sums = part.files
      .filter((file) => 'sha256' in file)
      .map(({ path, sha256 }) => `${sha256}  ${path}\n`);
    const checked = spawnSync('sha256sum', ['--check', '--strict'], {
      cwd: target,
      input: sums.join(''),
      encoding: 'utf8',
    });
    expect([checked.status, checked.stderr]).toEqual([0, '']);
    expect((statSync(join(target, 'app/bin/run')).mode & 0o777).toString(8)).toBe('755');
    expect((statSync(join(target, 'app/empty')).mode & 0o777).toString(8)).toBe('644');
    expect(part.files.find(({ path }) => path === 'current')).toMatchObject({ target: 'bin/run' });
  });

  it('leaves nothing behind when a file is away', async () => {
    const out = temporaryFolder();
    const missing = { path: 'a', source: join(out, 'missing'), executable: false };
    await expect(writePart(out, [missing])).rejects.toThrow('ENOENT');
    expect(readdirSync(out)).toEqual([]);
  });
});

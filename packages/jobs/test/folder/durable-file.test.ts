import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { linkIfAbsent } from '../../src/folder/durable-file.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-links-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

test('a link whose reply was lost is found by its file when the call is repeated', async () => {
  const folder = newFolder();
  const [file, target, other] = ['file', 'target', 'other'].map((name) => join(folder, name));
  if (file === undefined || target === undefined || other === undefined) throw new Error('no name');
  writeFileSync(file, 'ours');
  writeFileSync(other, 'theirs');
  expect(await linkIfAbsent(file, target)).toBe(true);
  // NFS repeats a call whose reply it lost, and the repeated one finds its own name.
  expect(await linkIfAbsent(file, target)).toBe(true);
  expect(await linkIfAbsent(other, target)).toBe(false);
  expect(readFileSync(target, 'utf8')).toBe('ours');
});

test('a name that another file has is taken, however many names the file has', async () => {
  const folder = newFolder();
  const [file, target] = [join(folder, 'file'), join(folder, 'target')];
  writeFileSync(file, 'ours');
  writeFileSync(target, 'theirs');
  expect(await linkIfAbsent(file, join(folder, 'elsewhere'))).toBe(true);
  expect(await linkIfAbsent(file, target)).toBe(false);
});

test('a link that failed keeps its error', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'file'), 'ours');
  const gone = linkIfAbsent(join(folder, 'file'), join(folder, 'no-folder', 'target'));
  await expect(gone).rejects.toMatchObject({ code: 'ENOENT', syscall: 'link' });
});

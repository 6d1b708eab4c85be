import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { SpoolFile } from '../../src/spool/spool-file.ts';

test('lines that were added while a write failed are lost with it, since their schema may be', async () => {
  const file = new SpoolFile(0);
  file.add('a\n', 2, 1);
  const written = file.write(join(temporaryFolder(), 'missing', 'x'));
  file.add('bb\n', 3, 1);
  expect(await written).toMatchObject({ lost: 2, bytes: 5 });
  expect([file.full, file.waitingBytes, file.written]).toEqual([true, 0, 0]);
});

test('where a disk is full in the middle of a line, captured requests are exactly those in files', () => {
  const script = fileURLToPath(new URL('../support/processes/full-disk.ts', import.meta.url));
  const spoolFolder = temporaryFolder({ inMemory: true });
  // A limit of 128 KiB for each file; the signal of the limit is ignored, so that a write fails instead.
  const command = `trap '' XFSZ; ulimit -f 256; exec "$0" --conditions=@fairlead/source "$1" "$2"`;
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', command, process.execPath, script, spoolFolder],
    { encoding: 'utf8', env: { ...process.env, NODE_COMPILE_CACHE: '' } },
  );
  expect(stderr).toBe('');
  const { captured, seen, failed, stored } = JSON.parse(stdout) as Record<string, number>;
  expect(seen).toBe(3317);
  expect(failed).toBeGreaterThan(100);
  expect(stored).toBeGreaterThanOrEqual(17);
  expect(captured).toBe(stored);
  expect((captured ?? 0) + (failed ?? 0)).toBe(seen);
});

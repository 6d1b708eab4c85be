import { appendFile, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { readChunks } from '../../src/store/read-chunks.ts';

test.each([0, 1, 4096, 4097, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])(
  'a file of %i bytes is read whole, in memory of at most its size or 1 MiB',
  async (size) => {
    const file = join(temporaryFolder(), 'file');
    const content = Buffer.alloc(size, 'abcdefg');
    await writeFile(file, content);
    await using handle = await open(file);
    const parts: Buffer[] = [];
    for await (const chunk of readChunks(handle)) {
      expect(chunk.buffer.byteLength).toBeLessThanOrEqual(
        Math.min(1024 * 1024, Math.max(4096, size)),
      );
      parts.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  },
);

test('a file that grows while it is read is read to its end', async () => {
  const file = join(temporaryFolder(), 'file');
  await writeFile(file, 'a'.repeat(5000));
  await using handle = await open(file);
  let text = '';
  for await (const chunk of readChunks(handle)) {
    if (text === '') await appendFile(file, 'b'.repeat(9000));
    text += Buffer.from(chunk).toString();
  }
  expect(text).toBe('a'.repeat(5000) + 'b'.repeat(9000));
});

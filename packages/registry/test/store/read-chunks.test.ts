import { open, writeFile } from 'node:fs/promises';
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

import type { FileHandle } from 'node:fs/promises';

// Large enough that hashing, not system calls, decides the speed.
const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads an open file from its start to its end, one chunk ahead of its consumer.
 *
 * Two chunks share their memories with all others, each is valid until the next one is requested: a file of any size
 * costs 2 MiB.
 */
export async function* readChunks(handle: FileHandle): AsyncGenerator<Uint8Array, void> {
  const read = async (memory: Buffer, position: number): Promise<Buffer> => {
    const { bytesRead } = await handle.read(memory, 0, CHUNK_BYTES, position);
    return memory.subarray(0, bytesRead);
  };
  const memories = [
    Buffer.allocUnsafeSlow(CHUNK_BYTES),
    Buffer.allocUnsafeSlow(CHUNK_BYTES),
  ] as const;
  let turn: 0 | 1 = 0;
  let position = 0;
  let ahead = read(memories[turn], position);
  try {
    for (;;) {
      const chunk = await ahead;
      if (chunk.length === 0) return;
      position += chunk.length;
      turn = turn === 0 ? 1 : 0;
      ahead = read(memories[turn], position);
      // A consumer that stops reading doesn't get its failure.
      ahead.catch(() => undefined);
      yield chunk;
    }
  } finally {
    // The handle is closed next.
    await ahead.catch(() => undefined);
  }
}

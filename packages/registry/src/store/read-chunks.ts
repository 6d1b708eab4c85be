import type { FileHandle } from 'node:fs/promises';

// Large enough that hashing, not system calls, decides the speed.
const MAX_CHUNK_BYTES = 1024 * 1024;
/** Of a file that grows while it is read, and of one whose size the system doesn't report. */
const MIN_CHUNK_BYTES = 4096;

/**
 * Reads an open file from its start to its end, one chunk ahead of its consumer.
 *
 * Two chunks share their memories with all others, each is valid until the next one is requested: a file of any size
 * takes 2 MiB, and a small one about twice its size; more memory would trigger the garbage collector.
 */
export async function* readChunks(handle: FileHandle): AsyncGenerator<Uint8Array, void> {
  const { size } = await handle.stat();
  const chunkBytes = Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, size));
  const read = async (memory: Buffer, position: number): Promise<Buffer> => {
    const { bytesRead } = await handle.read(memory, 0, chunkBytes, position);
    return memory.subarray(0, bytesRead);
  };
  const memories = [
    Buffer.allocUnsafeSlow(chunkBytes),
    Buffer.allocUnsafeSlow(chunkBytes),
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

import type { FileHandle } from 'node:fs/promises';

// Large enough that hashing, not system calls, decides the speed.
const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads an open file from its start to its end.
 *
 * All chunks share one memory, each is valid until the next one is asked for: a file of any size costs 1 MiB.
 */
export async function* readChunks(handle: FileHandle): AsyncGenerator<Uint8Array, void> {
  const memory = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let position = 0;
  for (;;) {
    const { bytesRead } = await handle.read(memory, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield memory.subarray(0, bytesRead);
  }
}

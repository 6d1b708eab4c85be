const HASH_LENGTH = 64;

/**
 * Yields each of `wanted` (SHA-256, lower-case hexadecimal) that occurs anywhere in the text of `body`.
 *
 * A record of any format, also of a later release, contains the hashes that it references as text.
 */
export async function* hashesIn(
  body: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<string>,
): AsyncGenerator<string, void> {
  let tail = '';
  for await (const chunk of body) {
    const text =
      tail + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
    for (const { 0: run } of text.matchAll(/[0-9a-f]{64,}/g)) {
      for (let start = 0; start + HASH_LENGTH <= run.length; start += 1) {
        const hash = run.slice(start, start + HASH_LENGTH);
        if (wanted.has(hash)) yield hash;
      }
    }
    tail = text.slice(-(HASH_LENGTH - 1));
  }
}

/** The body that is one chunk. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(bytes);
}

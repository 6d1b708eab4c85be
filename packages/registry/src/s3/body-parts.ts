/** S3 accepts 10,000 parts; doubling their size at intervals allows 5 TiB, S3's maximum object size. */
const PARTS_PER_SIZE = 1000;

/** A piece of a body, in separate memory. */
export interface BodyPart {
  readonly bytes: Uint8Array;
  /** True if the body ends with it. */
  readonly last: boolean;
}

/** Cuts a body into parts of `partBytes` (later ones of a huge body are larger); an empty body is one empty part. */
export async function* bodyParts(
  body: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<BodyPart, void> {
  let size = partBytes;
  let count = 0;
  let memory = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  for await (const chunk of body) {
    let taken = 0;
    while (taken < chunk.length) {
      // Only now it is known that the full one isn't the last.
      if (filled === size) {
        yield { bytes: memory, last: false };
        count += 1;
        if (count % PARTS_PER_SIZE === 0) size *= 2;
        memory = Buffer.allocUnsafeSlow(size);
        filled = 0;
      }
      const piece = chunk.subarray(taken, taken + size - filled);
      memory.set(piece, filled);
      filled += piece.length;
      taken += piece.length;
    }
  }
  yield { bytes: memory.subarray(0, filled), last: true };
}

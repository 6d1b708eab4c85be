import { readSync } from 'node:fs';

/** Reads bytes at `position` into `memory`; returns the number of bytes read. */
type ReadAt = (memory: Uint8Array, position: number) => number;

const WINDOW_BYTES = 64 * 1024;

/** Cursor over bytes in memory, or over a file that is read in windows of 64 KiB. */
export class ByteSource {
  /** Offset of the next byte. */
  position = 0;
  /** Number of bytes. */
  readonly length: number;
  readonly #readAt: ReadAt;
  readonly #window: Uint8Array;
  #start = 0;
  #end: number;

  private constructor(length: number, window: Uint8Array, end: number, readAt: ReadAt) {
    this.length = length;
    this.#window = window;
    this.#end = end;
    this.#readAt = readAt;
  }

  /** Creates a cursor over bytes in memory, without a copy. */
  static of(bytes: Uint8Array): ByteSource {
    return new ByteSource(bytes.length, bytes, bytes.length, () => 0);
  }

  /** Creates a cursor over the first `length` bytes of an open file, which is read synchronously. */
  static ofFile(fd: number, length: number): ByteSource {
    const window = new Uint8Array(Math.min(WINDOW_BYTES, length));
    return new ByteSource(length, window, 0, (memory, position) =>
      readSync(fd, memory, 0, memory.length, position),
    );
  }

  /** Reads the next byte. */
  byte(): number {
    if (this.position < this.#start || this.position >= this.#end) this.#refill();
    const byte = this.#window[this.position - this.#start];
    if (byte === undefined) throw new Error('it ends too early');
    this.position += 1;
    return byte;
  }

  /** Reads the next `length` bytes, valid until the next call; the caller has checked that they exist. */
  bytes(length: number): Uint8Array {
    if (this.position < this.#start || this.position + length > this.#end) this.#refill();
    if (this.position + length <= this.#end) {
      const offset = this.position - this.#start;
      this.position += length;
      return this.#window.subarray(offset, offset + length);
    }
    const copy = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const read = this.#readAt(copy.subarray(filled), this.position);
      if (read === 0) throw new Error('it ends too early');
      filled += read;
      this.position += read;
    }
    return copy;
  }

  #refill(): void {
    const read = this.#readAt(this.#window, this.position);
    // Bytes in memory are a single window.
    if (read === 0) throw new Error('it ends too early');
    this.#start = this.position;
    this.#end = this.position + read;
  }
}

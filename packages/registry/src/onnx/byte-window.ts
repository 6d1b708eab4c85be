import type { FileHandle } from 'node:fs/promises';

/** Reads some bytes at `position` of a file into `memory`; resolves to how many there were. */
type ReadAt = (memory: Uint8Array, position: number) => Promise<number>;

const WINDOW_BYTES = 64 * 1024;

/** Walks over bytes that may be far more than memory: only a window of 64 KiB of them is held. */
export class ByteWindow {
  /** Where the next byte is. */
  position = 0;
  /** How many bytes there are. */
  readonly length: number;
  readonly #readAt: ReadAt;
  readonly #memory: Uint8Array;
  #start = 0;
  #held = 0;

  constructor(length: number, readAt: ReadAt) {
    this.length = length;
    this.#readAt = readAt;
    this.#memory = new Uint8Array(Math.min(WINDOW_BYTES, length));
  }

  /** A window on bytes in memory. */
  static of(bytes: Uint8Array): ByteWindow {
    return new ByteWindow(bytes.length, (memory, position) => {
      const part = bytes.subarray(position, position + memory.length);
      memory.set(part);
      return Promise.resolve(part.length);
    });
  }

  /** A window on a file. */
  static async ofFile(handle: FileHandle): Promise<ByteWindow> {
    const { size } = await handle.stat();
    return new ByteWindow(size, async (memory, position) => {
      const { bytesRead } = await handle.read(memory, 0, memory.length, position);
      return bytesRead;
    });
  }

  /** The next byte. */
  async byte(): Promise<number> {
    if (this.position < this.#start || this.position >= this.#start + this.#held) {
      this.#start = this.position;
      this.#held = await this.#readAt(this.#memory, this.position);
    }
    const byte = this.#memory[this.position - this.#start];
    if (byte === undefined || this.position >= this.#start + this.#held) {
      throw new Error('it ends too early');
    }
    this.position += 1;
    return byte;
  }

  /** A copy of the next `length` bytes; the caller has checked that there can be as many. */
  async bytes(length: number): Promise<Uint8Array> {
    const copy = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const read = await this.#readAt(copy.subarray(filled), this.position);
      if (read === 0) throw new Error('it ends too early');
      filled += read;
      this.position += read;
    }
    return copy;
  }
}

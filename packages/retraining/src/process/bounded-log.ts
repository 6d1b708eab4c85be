import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Log of two files of limited size: the current one, and the one before. */
export class BoundedLog {
  readonly #path: string;
  readonly #oldPath: string;
  readonly #maxBytes: number;
  #file: number;
  #size: number;

  /** @param maxBytes size of each file */
  constructor(path: string, oldPath: string, maxBytes: number) {
    this.#path = path;
    this.#oldPath = oldPath;
    this.#maxBytes = maxBytes;
    this.#file = openSync(path, 'a', 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  /** Adds output; where it can't be written, such as on a full disk, it is lost, and the training goes on. */
  write(chunk: Uint8Array): void {
    try {
      this.#write(chunk);
    } catch {
      // The end of the training says more than its log.
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(chunk: Uint8Array): void {
    // A chunk of a pipe is smaller than a file.
    if (this.#size + chunk.length > this.#maxBytes) {
      renameSync(this.#path, this.#oldPath);
      const next = openSync(this.#path, 'a', 0o600);
      closeSync(this.#file);
      this.#file = next;
      this.#size = 0;
    }
    writeSync(this.#file, chunk);
    this.#size += chunk.length;
  }
}

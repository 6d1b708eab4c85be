import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** Lines that wait. */
interface Contents {
  text: string;
  bytes: number;
  requests: number;
}

/** Result of {@link SpoolFile.write}. */
export interface WriteResult {
  /** Bytes that no longer wait. */
  readonly bytes: number;
  /** Requests that couldn't be written. */
  readonly lost: number;
  readonly error?: unknown;
}

/** A spool file that is being written: lines wait in memory until the next write. */
export class SpoolFile {
  readonly id: string;
  readonly beganAt: number;
  /** Numbers of the versions whose schema was added. */
  readonly schemas = new Map<object, number>();
  rows = 0;
  /** Bytes that were written. */
  written = 0;
  /** True when no further line is added. */
  full = false;
  #waiting: Contents = { text: '', bytes: 0, requests: 0 };
  #handle: FileHandle | undefined;

  constructor(beganAt: number) {
    this.beganAt = beganAt;
    this.id = `${beganAt.toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`;
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#waiting.bytes;
  }

  get bytes(): number {
    return this.written + this.#waiting.bytes;
  }

  add(text: string, bytes: number, rows: number): void {
    this.#waiting.text += text;
    this.#waiting.bytes += bytes;
    this.#waiting.requests += 1;
    this.rows += rows;
  }

  /** Writes what waits; what can't be written is lost, and nothing of it is left in the file. */
  async write(path: string): Promise<WriteResult> {
    const { text, bytes, requests } = this.#take();
    try {
      this.#handle ??= await open(path, 'ax', 0o640);
      await this.#handle.writeFile(text);
      this.written += bytes;
      return { bytes, lost: 0 };
    } catch (error) {
      await this.#handle?.truncate(this.written).catch(() => undefined);
      // Later lines may be of a version whose schema was not written.
      const later = this.#take();
      this.full = true;
      return { bytes: bytes + later.bytes, lost: requests + later.requests, error };
    }
  }

  /** Makes the content durable, and closes the file. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await handle?.sync();
    } finally {
      await handle?.close();
    }
  }

  #take(): Contents {
    const taken = this.#waiting;
    this.#waiting = { text: '', bytes: 0, requests: 0 };
    return taken;
  }
}

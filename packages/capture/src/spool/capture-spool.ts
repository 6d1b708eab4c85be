import { rm, stat } from 'node:fs/promises';
import type { CaptureSink } from './capture-sink.ts';
import type { CapturedRequest } from './captured-request.ts';
import { SpoolFile } from './spool-file.ts';
import { COMPLETE, SpoolFolder, UNFINISHED } from './spool-folder.ts';
import { SPOOL_FORMAT, type SpoolLine, type SpoolVersion } from './spool-line.ts';

/** Options of a {@link CaptureSpool}. */
export interface CaptureSpoolOptions {
  readonly folder: string;
  readonly sink: CaptureSink;
  readonly maxRows: number;
  readonly maxAgeMs: number;
  readonly maxFileBytes: number;
  readonly maxBufferBytes: number;
  readonly maxSpoolBytes: number;
  readonly retryMs: number;
  readonly now: () => number;
  /** Called with the number of requests that couldn't be written. */
  readonly onLost: (requests: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Waiting lines are written when there are so many bytes of them, or after {@link WRITE_MS}. */
const WRITE_BYTES = 65_536;
/** Milliseconds after which a request is in the spool folder. */
export const WRITE_MS = 1000;
/** After so many files in succession that the sink rejects, it counts as unreachable. */
const MAX_FAILURES = 2;

/** Writes captured requests to files of lines, and passes complete files to a sink; memory and disk are bounded. */
export class CaptureSpool {
  readonly #options: CaptureSpoolOptions;
  readonly #folder: SpoolFolder;
  /** Files with lines to write, and the one that lines are added to, which is the last. */
  readonly #files: SpoolFile[] = [];
  #bufferedBytes = 0;
  /** Bytes in files, those of earlier processes included. */
  #storedBytes = 0;
  #writing: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  #writeTimer: NodeJS.Timeout | undefined;
  #rollTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: CaptureSpoolOptions) {
    this.#options = options;
    this.#folder = new SpoolFolder(options.folder);
  }

  /** Creates the folder, takes over what killed processes left, and passes it to the sink. */
  async open(): Promise<this> {
    await this.#folder.open();
    this.#storedBytes += await this.#folder.takeOver();
    this.#retryTimer = setInterval(() => {
      void this.#retry();
    }, this.#options.retryMs).unref();
    void this.#drain();
    return this;
  }

  /** Adds a request to the current file; returns why it can't. */
  add(version: SpoolVersion, request: CapturedRequest): 'buffer-full' | 'spool-full' | undefined {
    const { maxBufferBytes, maxSpoolBytes } = this.#options;
    const file = this.#currentFile();
    const known = file.schemas.get(version);
    const schema = known ?? file.schemas.size;
    const head: readonly SpoolLine[] =
      known === undefined ? [{ format: SPOOL_FORMAT, schema, of: version }] : [];
    const lines: readonly SpoolLine[] = [...head, { schema, request }];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const bytes = Buffer.byteLength(text);
    if (this.#bufferedBytes + bytes > maxBufferBytes) return 'buffer-full';
    if (this.#storedBytes + this.#bufferedBytes + bytes > maxSpoolBytes) return 'spool-full';
    file.schemas.set(version, schema);
    file.add(text, bytes, request.rows);
    this.#bufferedBytes += bytes;
    if (file.rows >= this.#options.maxRows || file.bytes >= this.#options.maxFileBytes) this.roll();
    else if (this.#bufferedBytes >= WRITE_BYTES) void this.#write();
    else {
      this.#writeTimer ??= setTimeout(() => {
        void this.#write();
      }, WRITE_MS).unref();
    }
    return undefined;
  }

  /** Bytes in memory and in files. */
  get waitingBytes(): number {
    return this.#bufferedBytes + this.#storedBytes;
  }

  /** Ends the current file. */
  roll(): void {
    clearTimeout(this.#rollTimer);
    this.#rollTimer = undefined;
    const file = this.#files.at(-1);
    if (file === undefined) return;
    file.full = true;
    void this.#write();
  }

  /** Ends the current file, and waits until all files were passed to the sink; an error of it is reported. */
  async flush(): Promise<void> {
    this.roll();
    await this.#write();
    await this.#draining;
    await this.#drain();
  }

  /**
   * Writes what waits, passes files to the sink, and waits for that up to a time in milliseconds. The rest is left to the next
   * recorder: as soon as the sink has answered, since it may still read the file until then, or when this process ends.
   */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    clearInterval(this.#retryTimer);
    this.roll();
    await this.#write();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    // A run that is under way may have listed the files before the last one was complete.
    const released = (this.#draining ?? Promise.resolve())
      .then(() => this.#drain())
      .then(() => this.#folder.release())
      .catch(this.#options.onError);
    await Promise.race([released, timeout]);
    clearTimeout(timer);
  }

  #currentFile(): SpoolFile {
    const last = this.#files.at(-1);
    if (last !== undefined && !last.full) return last;
    const file = new SpoolFile(this.#options.now());
    this.#files.push(file);
    this.#rollTimer = setTimeout(() => {
      this.roll();
    }, this.#options.maxAgeMs).unref();
    return file;
  }

  #write(): Promise<void> {
    clearTimeout(this.#writeTimer);
    this.#writeTimer = undefined;
    this.#writing ??= this.#writeFiles();
    return this.#writing;
  }

  async #writeFiles(): Promise<void> {
    await Promise.resolve();
    for (;;) {
      const [file] = this.#files;
      if (file === undefined || (file.waitingBytes === 0 && !file.full)) break;
      if (file.waitingBytes > 0) await this.#writeFile(file);
      else {
        await this.#finish(file);
        this.#files.shift();
      }
    }
    // Without an await since the check: what is added from now on begins a new run.
    this.#writing = undefined;
  }

  async #writeFile(file: SpoolFile): Promise<void> {
    const { bytes, lost, error } = await file.write(this.#folder.pathOf(file.id + UNFINISHED));
    this.#bufferedBytes -= bytes;
    if (lost === 0) {
      this.#storedBytes += bytes;
      return;
    }
    this.#options.onLost(lost);
    this.#options.onError(error);
  }

  async #finish(file: SpoolFile): Promise<void> {
    try {
      await file.close();
      if (file.written === 0) {
        await rm(this.#folder.pathOf(file.id + UNFINISHED), { force: true });
        return;
      }
      await this.#folder.finish(file.id);
    } catch (error) {
      // The next process completes it.
      this.#options.onError(error);
      return;
    }
    if (!this.#closed) void this.#drain();
  }

  async #retry(): Promise<void> {
    try {
      this.#storedBytes += await this.#folder.takeOver();
    } catch (error) {
      this.#options.onError(error);
    }
    await this.#drain();
  }

  #drain(): Promise<void> {
    this.#draining ??= this.#drainFiles()
      .catch(this.#options.onError)
      .finally(() => {
        this.#draining = undefined;
      });
    return this.#draining;
  }

  async #drainFiles(): Promise<void> {
    const { sink, onError } = this.#options;
    let failures = 0;
    const failed = new Set<string>();
    while (failures < MAX_FAILURES) {
      const name = (await this.#folder.complete()).find((each) => !failed.has(each));
      if (name === undefined) return;
      const path = this.#folder.pathOf(name);
      try {
        await sink.add({ id: name.slice(0, -COMPLETE.length), path });
        failures = 0;
      } catch (error) {
        failures += 1;
        failed.add(name);
        onError(error);
        continue;
      }
      const { size } = await stat(path);
      await rm(path);
      this.#storedBytes -= size;
    }
  }
}

import { freeStorage } from '../storage/free-storage.ts';

/** Maximum alignment of a typed array, in bytes. */
const ALIGNMENT = 8;
/** Storage of a larger body is allocated when a part of it has arrived: what a client declares takes no memory by itself. */
const MAX_DECLARED_BYTES = 1024 * 1024;
const MIN_RECEIVED_PART = 1 / 4;

/**
 * Collects the chunks of one body, each copied once into storage of the size that the client declares.
 *
 * Chunks are freed as soon as they are copied: without that, V8 counts each until its next garbage collection, and starts one for every 64 MB
 * of them.
 */
export class BodyStorage {
  #declaredBytes: number | undefined;
  readonly #binaryAt: number | undefined;
  #chunks: Buffer[] = [];
  /** Chunks of which nothing else has a reference. */
  readonly #own = new Set<Buffer>();
  #storage: Buffer | undefined;
  #length = 0;

  /**
   * @param declaredBytes - length of the body as the client declares it, which isn't relied upon; undefined where it doesn't
   * @param binaryAt - offset that is aligned, and for which the body is always in separate storage; undefined for none
   */
  constructor(declaredBytes: number | undefined, binaryAt: number | undefined) {
    this.#declaredBytes = Number.isSafeInteger(declaredBytes) ? declaredBytes : undefined;
    this.#binaryAt = binaryAt;
  }

  /** Adds a chunk; with `isOwn` nothing else has a reference to it, and it may be freed. */
  add(chunk: Buffer, isOwn: boolean): void {
    const start = this.#length;
    this.#length += chunk.length;
    if (this.#storage !== undefined && this.#length <= this.#storage.length) {
      chunk.copy(this.#storage, start);
      if (isOwn) freeStorage(chunk);
      return;
    }
    if (this.#storage !== undefined) this.#leaveStorage(this.#storage, start);
    this.#chunks.push(chunk);
    if (isOwn) this.#own.add(chunk);
    const declared = this.#declaredBytes;
    if (declared === undefined || declared <= this.#length) return;
    if (declared > MAX_DECLARED_BYTES && this.#length < declared * MIN_RECEIVED_PART) return;
    this.#storage = alignedCopy(this.#chunks, declared, this.#binaryAt);
    this.#freeChunks();
  }

  /** Hands out the body, which {@link clear} doesn't free any more. */
  take(): Buffer {
    const [storage, chunks] = [this.#storage, this.#chunks];
    this.#storage = undefined;
    if (storage !== undefined) return storage.subarray(0, this.#length);
    const [only] = chunks;
    if (chunks.length === 1 && only !== undefined && this.#binaryAt === undefined) {
      this.#own.clear();
      return only;
    }
    const body = alignedCopy(chunks, this.#length, this.#binaryAt);
    this.#freeChunks();
    return body;
  }

  /** Frees what was collected. */
  clear(): void {
    this.#freeChunks();
    if (this.#storage !== undefined) freeStorage(this.#storage, true);
    this.#storage = undefined;
    this.#length = 0;
  }

  /** Continues with chunks: there are more bytes than declared. */
  #leaveStorage(storage: Buffer, length: number): void {
    this.#chunks.push(storage.subarray(0, length));
    this.#storage = undefined;
    this.#declaredBytes = undefined;
  }

  #freeChunks(): void {
    for (const chunk of this.#own) freeStorage(chunk);
    this.#own.clear();
    this.#chunks = [];
  }
}

/**
 * Copies chunks into separate storage of `length` bytes, in which the byte at `alignedAt` is aligned for elements of eight bytes.
 *
 * Bytes behind the chunks are not initialized.
 */
export function alignedCopy(chunks: readonly Buffer[], length: number, alignedAt = 0): Buffer {
  const padding = (ALIGNMENT - (alignedAt % ALIGNMENT)) % ALIGNMENT;
  const storage = Buffer.allocUnsafeSlow(padding + length).subarray(padding);
  let offset = 0;
  for (const chunk of chunks) offset += chunk.copy(storage, offset);
  return storage;
}

import { refusal, ServingError } from '../serving-error.ts';

/** What all bodies may take together unless it is said otherwise, in bytes: eight of the largest. */
export const DEFAULT_BODY_MEMORY_BYTES = 128 * 1024 * 1024;

/**
 * A bound of the memory that request bodies take together, from their first byte to their answer, for all protocols of
 * a process.
 *
 * @example
 * ```ts
 * const bodies = new BodyMemory(128 * 1024 * 1024);
 * const handler = createInferenceHandler(server, { bodies });
 * ```
 */
export class BodyMemory {
  readonly #maxBytes: number;
  #used = 0;

  /**
   * @param maxBytes - bytes of all bodies together
   * @throws ServingError `ERR_SERVING_INVALID_OPTION` for anything but a whole number from 1.
   */
  constructor(maxBytes: number) {
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      const message = `maxBytes of body memory is ${maxBytes}; it must be a whole number from 1`;
      throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
    }
    this.#maxBytes = maxBytes;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** Opens the account of one body, with nothing in it. */
  open(): BodyAccount {
    let held = 0;
    let closed = false;
    return {
      resize: (bytes) => {
        if (closed) return;
        const used = this.#used + bytes - held;
        if (bytes > held && used > this.#maxBytes) {
          throw refusal(
            'ERR_SERVING_OVERLOADED',
            `the bodies of requests in flight would take more than ${this.#maxBytes} bytes, the limit; try again later`,
          );
        }
        this.#used = used;
        held = bytes;
      },
      get bytes() {
        return held;
      },
      close: () => {
        closed = true;
        this.#used -= held;
        held = 0;
      },
    };
  }
}

/** What one body takes of a {@link BodyMemory}. */
export interface BodyAccount {
  /** Bytes taken now. */
  readonly bytes: number;
  /**
   * Takes `bytes` in all, more or fewer than before.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED` when as many aren't left; what was taken before stays taken.
   */
  resize(bytes: number): void;
  /** Gives everything back; what is taken afterwards isn't counted. */
  close(): void;
}

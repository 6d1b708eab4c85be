import { checkIntegers, checkOptions } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import { refusal } from '../errors/serving-error.ts';

/** Default memory of all bodies together, in bytes: eight of the largest. */
export const DEFAULT_BODY_MEMORY_BYTES = 128 * 1024 * 1024;

/** The part of the memory that the bodies of one client may take by default. */
const CLIENT_SHARE = 0.25;

/** Options of {@link BodyMemory}. */
export interface BodyMemoryOptions {
  /**
   * Bytes that the bodies of one client may take together; applies to accounts that have a client.
   * @defaultValue a quarter of all
   */
  readonly maxBytesPerClient?: number;
}

const optionNames: OptionNames<BodyMemoryOptions> = {
  maxBytesPerClient: 'optional',
};

/** The open accounts of one client, and the bytes in them. */
interface ClientUsage {
  readonly client: string;
  bytes: number;
  accounts: number;
}

/**
 * A bound of the memory that request bodies take together, from their first byte to their answer, for all protocols of
 * a process. Each client has a smaller bound, so that one client can't take all of it.
 *
 * @example
 * ```ts
 * import { BodyMemory } from '@fairlead/serving';
 *
 * const bodies = new BodyMemory(128 * 1024 * 1024, { maxBytesPerClient: 32 * 1024 * 1024 });
 * const account = bodies.open('acme');
 * account.resize(1_000_000);
 * console.log(bodies.used); // 1000000
 * account.close();
 * ```
 */
export class BodyMemory {
  readonly #maxBytes: number;
  readonly #maxBytesPerClient: number;
  readonly #clients = new Map<string, ClientUsage>();
  #used = 0;

  /**
   * @param maxBytes - bytes of all bodies together
   * @throws ServingError `ERR_SERVING_INVALID_OPTION` for anything but whole numbers from 1.
   */
  constructor(maxBytes: number, options: BodyMemoryOptions = {}) {
    const { maxBytesPerClient = Math.ceil(maxBytes * CLIENT_SHARE) } = checkOptions(
      'new BodyMemory',
      options,
      optionNames,
    );
    checkIntegers({ maxBytes, maxBytesPerClient });
    this.#maxBytes = maxBytes;
    this.#maxBytesPerClient = maxBytesPerClient;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** Clients that have an open account. */
  get clients(): number {
    return this.#clients.size;
  }

  /**
   * Opens the account of one body, with nothing in it.
   *
   * @param client - the client that sends the body; without it only the bound of all bodies applies
   */
  open(client?: string): BodyAccount {
    let held = 0;
    let closed = false;
    let usage = client === undefined ? undefined : this.#enter(client);
    const check = (added: number): void => {
      if (usage !== undefined && usage.bytes + added > this.#maxBytesPerClient) {
        throw refusal(
          'ERR_SERVING_CLIENT_LIMIT',
          `the bodies of this client's requests in flight would take more than ${this.#maxBytesPerClient} bytes, the limit of one client; wait for their answers, then try again`,
        );
      }
      if (this.#used + added <= this.#maxBytes) return;
      throw refusal(
        'ERR_SERVING_OVERLOADED',
        `the bodies of requests in flight would take more than ${this.#maxBytes} bytes, the limit; try again later`,
      );
    };
    const change = (bytes: number): void => {
      this.#used += bytes - held;
      if (usage !== undefined) usage.bytes += bytes - held;
      held = bytes;
    };
    return {
      resize: (bytes) => {
        if (closed) return;
        if (bytes > held) check(bytes - held);
        change(bytes);
      },
      get bytes() {
        return held;
      },
      assign: (owner) => {
        if (closed || usage !== undefined) return;
        const bytes = held;
        change(0);
        usage = this.#enter(owner);
        check(bytes);
        change(bytes);
      },
      close: () => {
        if (closed) return;
        closed = true;
        change(0);
        if (usage !== undefined) this.#leave(usage);
      },
    };
  }

  #enter(client: string): ClientUsage {
    const usage = this.#clients.get(client) ?? { client, bytes: 0, accounts: 0 };
    this.#clients.set(client, usage);
    usage.accounts += 1;
    return usage;
  }

  #leave(usage: ClientUsage): void {
    usage.accounts -= 1;
    if (usage.accounts === 0) this.#clients.delete(usage.client);
  }
}

/** Memory of one body in a {@link BodyMemory}. */
export interface BodyAccount {
  /** Bytes taken now. */
  readonly bytes: number;
  /**
   * Takes `bytes` in all, more or fewer than before.
   *
   * @throws ServingError `ERR_SERVING_CLIENT_LIMIT` when the client would take more than its share,
   * `ERR_SERVING_OVERLOADED` when as many aren't left; what was taken before stays taken.
   */
  resize(bytes: number): void;
  /**
   * Counts the body for a client that is known only after the account was opened.
   *
   * @throws ServingError `ERR_SERVING_CLIENT_LIMIT` when the client would take more than its share; the account is
   * empty then.
   */
  assign(client: string): void;
  /** Gives everything back; what is taken afterwards isn't counted. */
  close(): void;
}

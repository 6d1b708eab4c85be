/** End of an IPC channel: `process` in a child, the `ChildProcess` in its parent. */
export interface Port {
  send?: ((message: object, callback: (error: Error | null) => void) => boolean) | undefined;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
}

type Handler = (payload: never) => unknown;

interface Call {
  readonly call: string;
  readonly id: number;
  readonly payload: unknown;
}

interface Answer {
  readonly answer: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Calls in both directions between a process and its parent: `Own` are answered here, `Other` by the other end. */
export class Calls<
  Own extends { [K in keyof Own]: Handler },
  Other extends { [K in keyof Other]: Handler },
> {
  readonly #port: Port;
  readonly #handlers: Own;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed: Error | undefined;

  constructor(port: Port, handlers: Own) {
    this.#port = port;
    this.#handlers = handlers;
    port.on('message', this.#receive);
  }

  /**
   * Calls the other end.
   *
   * @throws Error with the message of the other end, or when no answer comes within `timeoutMs`.
   */
  call<K extends keyof Other & string>(
    name: K,
    payload: Parameters<Other[K]>[0],
    timeoutMs: number,
  ): Promise<Awaited<ReturnType<Other[K]>>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const fail = (error: Error): void => {
      this.#settle(id)?.reject(error);
    };
    const timer = setTimeout(() => {
      fail(new Error(`The process did not answer "${name}" within ${timeoutMs} ms.`));
    }, timeoutMs).unref();
    this.#pending.set(id, { resolve, reject, timer });
    this.#send({ call: name, id, payload } satisfies Call, fail);
    return promise as Promise<Awaited<ReturnType<Other[K]>>>;
  }

  /** Rejects calls without an answer, and all later ones. */
  close(reason: string): void {
    this.#closed = new Error(reason);
    this.#port.off('message', this.#receive);
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(this.#closed);
  }

  readonly #receive = (message: unknown): void => {
    if (typeof message !== 'object' || message === null) return;
    if ('answer' in message) {
      const { answer, result, error } = message as Answer;
      const call = this.#settle(answer);
      if (error === undefined) call?.resolve(result);
      else call?.reject(new Error(error));
    } else if ('call' in message) {
      void this.#answer(message as Call);
    }
  };

  async #answer({ call, id, payload }: Call): Promise<void> {
    let answer: Answer;
    try {
      if (!Object.hasOwn(this.#handlers, call)) throw new Error(`There is no call "${call}".`);
      const handler = this.#handlers[call as keyof Own];
      answer = { answer: id, result: await handler(payload as never) };
    } catch (error) {
      answer = { answer: id, error: error instanceof Error ? error.message : String(error) };
    }
    // The other end may have ended since.
    this.#send(answer, () => undefined);
  }

  #send(message: object, onError: (error: Error) => void): void {
    try {
      this.#port.send?.(message, (error) => {
        if (error !== null) onError(error);
      });
    } catch (error) {
      onError(error as Error);
    }
  }

  #settle(id: number): Pending | undefined {
    const call = this.#pending.get(id);
    if (call === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(call.timer);
    return call;
  }
}

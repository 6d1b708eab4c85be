import { setTimeout as sleep } from 'node:timers/promises';

/** Requests at a steady rate, which doesn't depend on the responses. */
export class SteadyLoad<T> {
  readonly responses: T[] = [];
  readonly failures: unknown[] = [];
  readonly #pending = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  readonly #running: Promise<void>;
  #isStopping = false;
  #sent = 0;

  /** Calls `send` with the number of the request, from 1, `perSecond` times a second. */
  constructor(perSecond: number, send: (number: number) => Promise<T>) {
    this.#running = this.#run(perSecond, send);
  }

  /** Number of requests so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends no more requests and waits for every response; resolves to the duration of the load, in seconds. */
  async stop(): Promise<number> {
    this.#isStopping = true;
    await this.#running;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    await Promise.all(this.#pending);
    return seconds;
  }

  async #run(perSecond: number, send: (number: number) => Promise<T>): Promise<void> {
    for (;;) {
      const due = ((performance.now() - this.#startedAt) / 1000) * perSecond;
      while (this.#sent < due) {
        this.#sent += 1;
        const pending = send(this.#sent).then(
          (response) => {
            this.responses.push(response);
          },
          (error: unknown) => {
            this.failures.push(error);
          },
        );
        this.#pending.add(pending);
        void pending.then(() => this.#pending.delete(pending));
      }
      if (this.#isStopping) return;
      await sleep(5);
    }
  }
}

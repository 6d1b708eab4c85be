import { setTimeout as sleep } from 'node:timers/promises';

/** Requests at a steady rate, whatever becomes of those before. */
export class SteadyLoad<T> {
  readonly answers: T[] = [];
  readonly failures: unknown[] = [];
  readonly #pending = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  readonly #running: Promise<void>;
  #isStopping = false;
  #sent = 0;

  /** Calls `send` so often that at any time `perSecond` requests for each second are under way or done. */
  constructor(perSecond: number, send: (number: number) => Promise<T>) {
    this.#running = this.#run(perSecond, send);
  }

  get sent(): number {
    return this.#sent;
  }

  /** Ends the load, waits for every answer, and tells how long it lasted, in seconds. */
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
          (answer) => {
            this.answers.push(answer);
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

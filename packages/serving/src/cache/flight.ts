import type { CancelSignal } from '../inference/cancel-signal.ts';
import type { Submission } from '../scheduling/ticket.ts';
import { ServingError } from '../errors/serving-error.ts';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * One piece of work that several requests wait for: it goes on until it is done or the last of them has left.
 *
 * Each waits until its own deadline and for as long as its own client does.
 */
export class Flight<T> {
  readonly #abort: AbortController;
  readonly #result: Promise<T>;
  readonly #onAbandoned: () => void;
  #latestAt: number;
  #waiting = 0;
  #claimed = false;

  /**
   * For the first who waits until `deadlineAt`, if not longer.
   *
   * `work` is told by its signal when nobody waits any more, `onAbandoned` at the same time; `latestAt` tells until when
   * somebody may wait, for timers come late where something keeps the event loop busy.
   */
  constructor(
    deadlineAt: number,
    work: (signal: CancelSignal, latestAt: () => number) => Promise<T>,
    onAbandoned: () => void,
  ) {
    this.#abort = new AbortController();
    this.#latestAt = deadlineAt;
    this.#onAbandoned = onAbandoned;
    this.#result = work(this.#abort.signal, () => this.#latestAt);
    // Whoever waits hears of it; a flight that everybody has left has nobody who does.
    this.#result.catch(() => undefined);
  }

  /** Whether nobody may wait any more: whoever comes now mustn't share what became of it. */
  get isLate(): boolean {
    return this.#latestAt <= performance.now();
  }

  /** Settles with the work, however that ends. */
  get landed(): Promise<void> {
    const done = (): void => undefined;
    return this.#result.then(done, done);
  }

  /** True once, for the first who asks: of all that were answered by one execution, one had it made. */
  claim(): boolean {
    if (this.#claimed) return false;
    this.#claimed = true;
    return true;
  }

  /**
   * Waits for the work as long as this request may.
   *
   * @throws ServingError `ERR_SERVING_CANCELED`, `ERR_SERVING_DEADLINE_EXCEEDED`, or what the work throws.
   */
  wait({ signal, deadlineAt }: Pick<Submission, 'signal' | 'deadlineAt'>): Promise<T> {
    this.#waiting += 1;
    this.#latestAt = Math.max(this.#latestAt, deadlineAt);
    return new Promise<T>((resolve, reject) => {
      const leave = (error: ServingError): void => {
        stop();
        reject(error);
        this.#waiting -= 1;
        if (this.#waiting > 0) return;
        this.#onAbandoned();
        this.#abort.abort();
      };
      const onCancel = (): void => {
        leave(new ServingError('ERR_SERVING_CANCELED', 'the client disconnected'));
      };
      const onDeadline = (): void => {
        const message = 'the deadline passed before the model answered';
        leave(new ServingError('ERR_SERVING_DEADLINE_EXCEEDED', message));
      };
      const left = deadlineAt - performance.now();
      const timer = setTimeout(
        onDeadline,
        Math.min(Math.max(0, Math.ceil(left)), LONGEST_TIMER_MS),
      );
      timer.unref();
      const stop = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onCancel);
      };
      if (signal?.aborted === true) {
        onCancel();
        return;
      }
      if (left <= 0) {
        onDeadline();
        return;
      }
      signal?.addEventListener('abort', onCancel);
      // Stops first: a client's signal may hold a single listener, and whoever hears of this may want to be the next.
      this.#result.then(
        (result) => {
          stop();
          resolve(result);
        },
        (error: unknown) => {
          stop();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}

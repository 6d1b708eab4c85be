import type { CancelSignal } from '../inference/cancel-signal.ts';
import type { Submission } from '../scheduling/ticket.ts';
import { ServingError } from '../errors/serving-error.ts';

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * One piece of work that several requests wait for: it runs until it is done or the last of them has left.
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
   * Starts the work for the first request, which waits until `deadlineAt`.
   *
   * The signal of `work` aborts when no request waits any more, and `onAbandoned` is called; `latestAt` returns the latest
   * deadline, because timers fire late while the event loop is busy.
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
    // Each waiting request handles the error; without any, it must not end the process.
    this.#result.catch(() => undefined);
  }

  /** True if every deadline has passed: a new request must not share the result. */
  get isLate(): boolean {
    return this.#latestAt <= performance.now();
  }

  /** Settles with the work, however that ends. */
  get settled(): Promise<void> {
    const done = (): void => undefined;
    return this.#result.then(done, done);
  }

  /** True once, for the first caller: of all requests that one execution answered, one caused it. */
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
      const timer = setTimeout(onDeadline, Math.min(Math.max(0, Math.ceil(left)), MAX_TIMER_MS));
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
      // Stops first: a client's signal may hold a single listener, and a caller may register the next one at once.
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

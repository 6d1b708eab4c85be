import type { ServerResponse } from 'node:http';
import type { AnswerSignal } from '../inference/answer-signal.ts';
import type { CancelSignal } from '../inference/cancel-signal.ts';

/** Signals when a client disconnects before its answer was sent, and when the answer was sent; lighter than an `AbortController` for each request. */
export class ClientPresence implements AnswerSignal, CancelSignal {
  readonly #res: ServerResponse;
  #aborted = false;
  #listener: (() => void) | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
    res.on('close', () => {
      if (res.writableFinished) return;
      this.#aborted = true;
      this.#listener?.();
    });
  }

  onSent(listener: () => void): void {
    if (this.#res.closed) listener();
    else this.#res.once('close', listener);
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Holds one listener: there is one answer to cancel. */
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = undefined;
  }
}

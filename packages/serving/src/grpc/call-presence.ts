import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { AnswerSignal } from '../inference/answer-signal.ts';
import type { CancelSignal } from '../inference/cancel-signal.ts';

/** Signals when a client cancels its call or disconnects, when its deadline passes, and when its response was sent. */
export class CallPresence implements AnswerSignal, CancelSignal {
  readonly #onSent: (() => void)[] = [];
  readonly #call: ServerUnaryCall<unknown, unknown>;

  constructor(call: ServerUnaryCall<unknown, unknown>) {
    this.#call = call;
  }

  onSent(listener: () => void): void {
    this.#onSent.push(listener);
  }

  /** Called when the answer was passed to the call, or the call has failed. */
  sent(): void {
    for (const listener of this.#onSent.splice(0)) listener();
  }

  get aborted(): boolean {
    return this.#call.cancelled;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#call.on('cancelled', listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#call.off('cancelled', listener);
  }
}

import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { CancelSignal } from '../inference/cancel-signal.ts';

/** Tells when a client cancels its call, goes away, or lets its deadline pass. */
export class CallPresence implements CancelSignal {
  readonly #call: ServerUnaryCall<unknown, unknown>;

  constructor(call: ServerUnaryCall<unknown, unknown>) {
    this.#call = call;
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

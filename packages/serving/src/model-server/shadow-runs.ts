import type { InferRequest } from '../inference/infer-request.ts';
import type { InferenceRecord } from '../inference/inference-recorder.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import { LAST_PRIORITY } from '../scheduling/priority-queue.ts';
import type { RecordQueue } from './record-queue.ts';
import type { RoutedRequest } from './routed-request.ts';

/** Copies of requests that run at the same time at most; further ones are dropped. */
const MAX_RUNNING = 16;

/** The version that gets a copy of a request. */
export interface ShadowCopy {
  readonly shadow: LoadedVersion;
  /** The version that answered. */
  readonly answering: LoadedVersion | undefined;
  /** Learns how the copy ends. */
  readonly routed: RoutedRequest | undefined;
}

/** Runs copies of answered requests on other versions, after every request of a client, and records their outputs. */
export class ShadowRuns {
  readonly #records: RecordQueue;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  #running = 0;

  constructor(
    records: RecordQueue,
    { requestTimeoutMs, now }: { readonly requestTimeoutMs: number; readonly now: () => number },
  ) {
    this.#records = records;
    this.#timeoutMs = requestTimeoutMs;
    this.#now = now;
  }

  /** Runs the request of `answered` on `shadow`; a failure is counted in the statistics of that version only. */
  run(
    { shadow, answering, routed }: ShadowCopy,
    request: InferRequest,
    answered: InferenceRecord,
  ): void {
    if (this.#running >= MAX_RUNNING || shadow.draining || this.#records.isFull) return;
    // Both versions compute in the same processor: while requests of clients wait, copies are dropped.
    if (answering !== undefined && answering.queued > 0) return;
    this.#running += 1;
    const at = this.#now();
    const startedAt = performance.now();
    const { requestId, client, routingKey, inputs, label: shadowOf } = answered;
    const { outputs: wanted } = request;
    const deadlineAt = startedAt + this.#timeoutMs;
    shadow
      .infer(() => ({ request: { inputs, ...(wanted && { outputs: wanted }) } }), {
        deadlineAt,
        priority: LAST_PRIORITY,
        requestId,
      })
      .then(
        ({ result: { outputs } }) => {
          const durationMs = performance.now() - startedAt;
          const { label } = shadow;
          const known = { requestId, client, routingKey, inputs, shadowOf };
          this.#records.add({ ...known, label, at, durationMs, outputs });
          routed?.shadowEnded({ durationMs, outputs }, answered.outputs);
        },
        (error: unknown) => {
          const durationMs = performance.now() - startedAt;
          routed?.shadowEnded({ durationMs, error }, answered.outputs);
        },
      )
      .finally(() => {
        this.#running -= 1;
      });
  }
}

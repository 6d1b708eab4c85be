import {
  createSignatureCheck,
  SignatureError,
  type Signature,
  type Tensor,
} from '@fairlead/signature';
import type { CacheStore } from './cache/cache-store.ts';
import { ResponseCache, type CacheLookup } from './cache/response-cache.ts';
import type { FailureReason, InferenceObserver, VersionLabel } from './inference-observer.ts';
import type { InferRequest, InferResult } from './infer-request.ts';
import type { VersionManifest } from './model-source.ts';
import type { Runtime } from './runtime.ts';
import type { BatchLimits } from './scheduling/batch-limits.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import type { CancelSignal, Outcome } from './scheduling/ticket.ts';
import { ServingError, type ServingErrorCode } from './serving-error.ts';
import { VersionStatistics } from './version-statistics.ts';

const REASONS: Readonly<Partial<Record<ServingErrorCode, FailureReason>>> = {
  ERR_SERVING_OVERLOADED: 'REJECTED',
  ERR_SERVING_NOT_READY: 'REJECTED',
  ERR_SERVING_CLOSED: 'REJECTED',
  ERR_SERVING_CANCELED: 'CANCELED',
  ERR_SERVING_DEADLINE_EXCEEDED: 'CANCELED',
  ERR_SERVING_RUN_FAILED: 'BACKEND',
  ERR_SERVING_UPSTREAM_FAILED: 'BACKEND',
  ERR_SERVING_UPSTREAM_UNREACHABLE: 'BACKEND',
};

/** How one version is run. */
export interface LoadedVersionOptions {
  /** Undefined when requests of this version can't share an execution. */
  readonly batching: BatchLimits | undefined;
  readonly maxQueued: number;
  /** Where its answers are kept; without one, every request is executed. */
  readonly cache?: CacheStore | undefined;
  readonly observer?: InferenceObserver | undefined;
}

/** What goes with one request. */
export interface CallContext {
  /** When the answer is of no use any more, on the clock of `performance.now()`. */
  readonly deadlineAt: number;
  readonly requestId?: string | undefined;
  /** Aborts when the client is gone. */
  readonly signal?: CancelSignal | undefined;
}

/** One version with its runtime: checks what comes in, schedules it, counts what is in flight, and drains. */
export class LoadedVersion {
  readonly label: VersionLabel;
  readonly signature: Signature;
  readonly runtime: Runtime;
  /** Whether requests share executions. */
  readonly batching: boolean;
  readonly statistics = new VersionStatistics();
  readonly #scheduler: Scheduler;
  readonly #cache: ResponseCache | undefined;
  readonly #observer: InferenceObserver | undefined;
  readonly #checkInputs: (tensors: readonly Tensor[]) => void;
  readonly #outputNames: ReadonlySet<string>;
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(
    manifest: VersionManifest,
    runtime: Runtime,
    { batching, maxQueued, cache, observer }: LoadedVersionOptions,
  ) {
    const { model, version, signature } = manifest;
    this.label = { model, version: String(version) };
    this.signature = signature;
    this.runtime = runtime;
    this.batching = batching !== undefined;
    this.#observer = observer;
    this.#checkInputs = createSignatureCheck(signature.inputs);
    this.#outputNames = new Set(signature.outputs.map((output) => output.name));
    this.#scheduler = new Scheduler({
      title: `model "${model}" version ${version}`,
      runtime,
      batching,
      maxQueued,
      onExecuted: (event) => {
        this.statistics.executed(event.batchSize, event.computeDurationMs);
        observer?.executed({ ...this.label, ...event });
      },
    });
    this.#cache =
      cache &&
      new ResponseCache(cache, manifest, (submission) => this.#scheduler.submit(submission));
  }

  /**
   * Decodes, checks and runs one request.
   *
   * `read` is called at once, so from the choice of this version to its place in the queue nothing can come between.
   */
  async infer(read: () => InferRequest, context: CallContext): Promise<InferResult> {
    const startedAt = performance.now();
    let rows = 1;
    let decodedAt = startedAt;
    let ran: Outcome | undefined;
    let lookup: CacheLookup | undefined;
    let reason: FailureReason | undefined;
    this.#inFlight += 1;
    this.#observer?.inferenceStarted(this.label);
    try {
      const request = read();
      this.#checkInputs(request.inputs);
      this.#checkOutputNames(request.outputs);
      rows = request.inputs[0]?.shape[0] ?? 1;
      decodedAt = performance.now();
      const submission = {
        inputs: request.inputs,
        deadlineAt: Math.min(context.deadlineAt, startedAt + (request.timeoutMs ?? Infinity)),
        priority: request.priority,
        requestId: context.requestId,
        signal: context.signal,
      };
      if (this.#cache === undefined) ran = await this.#scheduler.submit(submission);
      else {
        lookup = { result: 'miss', durationMs: 0 };
        ran = await this.#cache.run(submission, lookup);
      }
      return { ...this.label, id: request.id, outputs: select(ran.outputs, request.outputs) };
    } catch (error) {
      reason = (error instanceof ServingError ? REASONS[error.code] : undefined) ?? 'OTHER';
      throw error;
    } finally {
      const total = performance.now() - startedAt;
      const { queueDurationMs: queue = 0, computeDurationMs: infer = 0 } = ran ?? {};
      const input = decodedAt - startedAt;
      if (lookup !== undefined) this.statistics.lookedUp(lookup);
      if (reason !== undefined) this.statistics.failed(total);
      else if (lookup?.result === 'hit') this.statistics.repeated(total);
      else this.statistics.succeeded({ total, input, queue, infer }, rows);
      this.#observer?.inferenceFinished({
        ...this.label,
        outcome: reason === undefined ? 'success' : 'failure',
        ...(reason !== undefined && { reason }),
        rows,
        requestDurationMs: total,
        queueDurationMs: queue,
        computeDurationMs: infer,
        ...(lookup !== undefined && { cache: lookup.result }),
      });
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#onIdle?.();
    }
  }

  /** Waits until nothing is in flight, `timeoutMs` at most, then closes the runtime. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#scheduler.close();
    await this.runtime.close();
  }

  #checkOutputNames(wanted: readonly string[] | undefined): void {
    for (const name of wanted ?? []) {
      if (this.#outputNames.has(name)) continue;
      const known = [...this.#outputNames].map((each) => `"${each}"`).join(', ');
      throw new SignatureError(
        'ERR_SIGNATURE_MISMATCH',
        `output "${name}": model "${this.label.model}" has no such output; it has ${known}`,
      );
    }
  }
}

function select(
  outputs: readonly Tensor[],
  wanted: readonly string[] | undefined,
): readonly Tensor[] {
  if (wanted === undefined) return outputs;
  return wanted.flatMap((name) => outputs.find((output) => output.name === name) ?? []);
}

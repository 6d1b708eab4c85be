import {
  createSignatureCheck,
  SignatureError,
  type Signature,
  type Tensor,
} from '@fairlead/signature';
import type { CacheStore } from '../cache/cache-store.ts';
import { ResponseCache, type CacheLookup } from '../cache/response-cache.ts';
import type { BreakingRuntimeOptions } from '../circuit-breaker/breaking-runtime.ts';
import { BreakingRuntime } from '../circuit-breaker/breaking-runtime.ts';
import type {
  FailureReason,
  InferenceFinished,
  InferenceObserver,
  VersionLabel,
} from '../inference/inference-observer.ts';
import type { InferRequest, InferResult } from '../inference/infer-request.ts';
import { countRows } from './count-rows.ts';
import type { BatchingDecision } from '../warm-up/decide-batching.ts';
import type { GoldenExample, VersionManifest } from '../source/model-source.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { BatchLimits } from '../scheduling/batch-limits.ts';
import { Scheduler } from '../scheduling/scheduler.ts';
import type { CancelSignal } from '../inference/cancel-signal.ts';
import type { Outcome, Submission } from '../scheduling/ticket.ts';
import { QueueShare } from './queue-share.ts';
import { ServingError, type ServingErrorCode } from '../errors/serving-error.ts';
import type { TraceCarrier } from '../inference/trace-context.ts';
import { createRowCheck } from './size-limits.ts';
import { createEqualRowsCheck } from './equal-rows.ts';
import { VersionStatistics } from './version-statistics.ts';

const REASONS: Readonly<Partial<Record<ServingErrorCode, FailureReason>>> = {
  ERR_SERVING_OVERLOADED: 'REJECTED',
  ERR_SERVING_CLIENT_LIMIT: 'REJECTED',
  ERR_SERVING_NOT_READY: 'REJECTED',
  ERR_SERVING_CLOSED: 'REJECTED',
  ERR_SERVING_CIRCUIT_OPEN: 'REJECTED',
  ERR_SERVING_CANCELED: 'CANCELED',
  ERR_SERVING_DEADLINE_EXCEEDED: 'CANCELED',
  ERR_SERVING_RUN_FAILED: 'BACKEND',
  ERR_SERVING_UPSTREAM_FAILED: 'BACKEND',
  ERR_SERVING_UPSTREAM_UNREACHABLE: 'BACKEND',
};

/** How one version is run. */
export interface LoadedVersionOptions {
  /** What may share an execution, where `batching` is on. */
  readonly limits: BatchLimits;
  readonly batching: BatchingDecision;
  /** Why it was not run before, if it wasn't. */
  readonly untried?: string | undefined;
  readonly maxQueued: number;
  /** Rows that one request may have at most. */
  readonly maxRowsPerRequest: number;
  /** Where its answers are kept; without one, every request is executed. */
  readonly cache?: CacheStore | undefined;
  /** Without one, a runtime that fails goes on being asked. */
  readonly breaker?: Omit<BreakingRuntimeOptions, 'title'> | undefined;
  readonly observer?: InferenceObserver | undefined;
}

/** What goes with one request. */
export interface CallContext {
  /** When the answer is of no use any more, on the clock of `performance.now()`. */
  readonly deadlineAt: number;
  readonly requestId?: string | undefined;
  /** The request, whose trace upstreams are told. */
  readonly trace?: TraceCarrier | undefined;
  /** Aborts when the client is gone. */
  readonly signal?: CancelSignal | undefined;
  /** The client that sent it, of whose requests at most half of the queue is taken. */
  readonly client?: string | undefined;
}

/** One version with its runtime: checks what comes in, schedules it, counts what is in flight, and drains. */
export class LoadedVersion {
  readonly label: VersionLabel;
  readonly signature: Signature;
  readonly runtime: Runtime;
  /** Requests that it is known to answer. */
  readonly goldenExamples: readonly GoldenExample[];
  /** Whether requests share executions, and why. */
  readonly batching: BatchingDecision;
  /** Why it was not run before it was put in place, if it wasn't. */
  readonly untried: string | undefined;
  readonly statistics = new VersionStatistics();
  readonly #scheduler: Scheduler;
  readonly #breaker: BreakingRuntime | undefined;
  readonly #cache: ResponseCache | undefined;
  readonly #observer: InferenceObserver | undefined;
  readonly #checkInputs: (tensors: readonly Tensor[]) => void;
  readonly #checkRows: ((inputs: readonly Tensor[]) => void) | undefined;
  readonly #checkEqualRows: ((inputs: readonly Tensor[]) => void) | undefined;
  readonly #outputNames: ReadonlySet<string>;
  readonly #share: QueueShare;
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(manifest: VersionManifest, runtime: Runtime, options: LoadedVersionOptions) {
    const { limits, batching, untried, maxQueued, cache, breaker, observer } = options;
    const { model, version, signature } = manifest;
    this.label = { model, version: String(version) };
    this.signature = signature;
    const title = `model "${model}" version ${version}`;
    this.#breaker = breaker && new BreakingRuntime(runtime, { title, ...breaker });
    this.runtime = this.#breaker ?? runtime;
    this.goldenExamples = manifest.goldenExamples ?? [];
    this.batching = batching;
    this.untried = untried;
    this.#observer = observer;
    this.#checkInputs = createSignatureCheck(signature.inputs);
    this.#checkRows = createRowCheck(signature, options.maxRowsPerRequest);
    this.#checkEqualRows = batching.on ? createEqualRowsCheck(signature.inputs) : undefined;
    this.#outputNames = new Set(signature.outputs.map((output) => output.name));
    this.#share = new QueueShare(maxQueued);
    this.#scheduler = new Scheduler({
      title,
      runtime: this.runtime,
      batching: batching.on ? limits : undefined,
      maxQueued,
      onExecuted: (event) => {
        this.statistics.executed(event.batchSize, event.computeDurationMs);
        observer?.executed({ ...this.label, ...event });
      },
    });
    this.#cache =
      cache && new ResponseCache(cache, manifest, (submission) => this.#submit(submission));
  }

  /**
   * Rejects a request that is still to be read, and counts it as rejected, while as many wait as may, in all or of its
   * client.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED`, `ERR_SERVING_CLIENT_LIMIT`.
   */
  refuseIfFull(client?: string): void {
    // A cached answer needs no room, and while the circuit is open a fallback may answer.
    if (this.#cache !== undefined || this.circuitOpen) return;
    const { isFull } = this.#scheduler;
    const problem = isFull ? undefined : this.#clientProblem(client);
    if (problem === undefined && !isFull) return;
    this.#observer?.inferenceStarted(this.label);
    this.statistics.failed(0);
    this.#observer?.inferenceFinished({
      ...this.label,
      outcome: 'failure',
      reason: 'REJECTED',
      rows: 1,
      requestDurationMs: 0,
      queueDurationMs: 0,
      computeDurationMs: 0,
    });
    if (problem !== undefined) throw problem;
    this.#scheduler.checkRoom();
  }

  /**
   * Decodes, checks and runs one request.
   *
   * `read` is called at once, so from the choice of this version to its place in the queue nothing can come between.
   * `passesOn` is asked about what went wrong: if it says so, the request counts as passed on, not as failed.
   */
  async infer(
    read: () => InferRequest,
    context: CallContext,
    passesOn?: (error: unknown) => boolean,
  ): Promise<InferResult> {
    const startedAt = performance.now();
    let rows = 1;
    let inputs: readonly Tensor[] = [];
    let decodedAt = startedAt;
    let ran: Outcome | undefined;
    let lookup: CacheLookup | undefined;
    let outcome: InferenceFinished['outcome'] = 'success';
    let reason: FailureReason | undefined;
    const { client } = context;
    let entered = false;
    this.#inFlight += 1;
    this.#observer?.inferenceStarted(this.label);
    try {
      // A cached answer needs no room.
      if (this.#cache === undefined && !this.circuitOpen) {
        this.#scheduler.checkRoom();
        const problem = this.#clientProblem(client);
        if (problem !== undefined) throw problem;
      }
      if (client !== undefined) {
        this.#share.enter(client);
        entered = true;
      }
      const request = read();
      inputs = request.inputs;
      this.#checkRows?.(request.inputs);
      this.#checkInputs(request.inputs);
      this.#checkEqualRows?.(request.inputs);
      this.#checkOutputNames(request.outputs);
      rows = countRows(request.inputs);
      decodedAt = performance.now();
      const submission = {
        inputs: request.inputs,
        rows,
        deadlineAt: Math.min(context.deadlineAt, startedAt + (request.timeoutMs ?? Infinity)),
        priority: request.priority,
        requestId: context.requestId,
        trace: context.trace,
        signal: context.signal,
      };
      if (this.#cache === undefined) ran = await this.#submit(submission);
      else {
        lookup = { result: 'miss', durationMs: 0 };
        ran = await this.#cache.run(submission, lookup);
      }
      return { ...this.label, id: request.id, outputs: select(ran.outputs, request.outputs) };
    } catch (failure) {
      const error = rows === 0 ? asEmptyInput(failure, inputs) : failure;
      outcome = passesOn?.(error) === true ? 'fallback' : 'failure';
      if (outcome === 'failure') {
        reason = (error instanceof ServingError ? REASONS[error.code] : undefined) ?? 'OTHER';
      }
      throw error;
    } finally {
      const total = performance.now() - startedAt;
      const { queueDurationMs: queue = 0, computeDurationMs: infer = 0 } = ran ?? {};
      const input = decodedAt - startedAt;
      if (lookup !== undefined) this.statistics.lookedUp(lookup);
      if (outcome === 'failure') this.statistics.failed(total);
      else if (outcome === 'fallback') this.statistics.passedOn(total);
      else if (lookup?.result === 'hit') this.statistics.repeated(total);
      else this.statistics.succeeded({ total, input, queue, infer }, rows);
      this.#observer?.inferenceFinished({
        ...this.label,
        outcome,
        ...(reason !== undefined && { reason }),
        rows,
        requestDurationMs: total,
        queueDurationMs: queue,
        computeDurationMs: infer,
        ...(lookup !== undefined && { cache: lookup.result }),
      });
      if (entered && client !== undefined) this.#share.leave(client);
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#onIdle?.();
    }
  }

  /** Whether requests would be refused now because the runtime failed too often. */
  get circuitOpen(): boolean {
    return this.#breaker?.openForMs !== undefined;
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

  #clientProblem(client: string | undefined): ServingError | undefined {
    return client === undefined ? undefined : this.#share.problem(client, this.#scheduler.queued);
  }

  #submit(submission: Submission): Promise<Outcome> {
    // Not when it is its turn: while the circuit is open, that may be long after executions that hang.
    if (this.#breaker?.openForMs !== undefined) return Promise.reject(this.#breaker.openError());
    return this.#scheduler.submit(submission);
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

/** Some models fail at inputs without elements: the client can send others, so the failure is the request's. */
function asEmptyInput(cause: unknown, inputs: readonly Tensor[]): unknown {
  if (!(cause instanceof ServingError) || cause.code !== 'ERR_SERVING_RUN_FAILED') return cause;
  const empty = inputs.find(({ shape }) => shape[0] !== 0 && shape.includes(0));
  const message =
    empty === undefined
      ? 'this model takes no request without rows; send at least one'
      : `input "${empty.name}" of shape [${empty.shape.join(',')}] has no elements: this model takes no length of 0 in dimension ${empty.shape.indexOf(0)}; send at least 1`;
  return new ServingError('ERR_SERVING_BAD_REQUEST', message, { cause });
}

function select(
  outputs: readonly Tensor[],
  wanted: readonly string[] | undefined,
): readonly Tensor[] {
  if (wanted === undefined) return outputs;
  return wanted.flatMap((name) => outputs.find((output) => output.name === name) ?? []);
}

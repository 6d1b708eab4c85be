import type { Signature, Tensor } from '@fairlead/signature';
import { ResponseCache, type CacheLookup } from '../cache/response-cache.ts';
import { BreakingRuntime } from '../circuit-breaker/breaking-runtime.ts';
import type { ServingError } from '../errors/serving-error.ts';
import type { DecodedRequest, Inferred, InferRequest } from '../inference/infer-request.ts';
import { chargeFor } from '../inference/charge.ts';
import type {
  FailureReason,
  InferenceFinishedEvent,
  VersionLabel,
} from '../inference/inference-observer.ts';
import type { InferenceTracer } from '../inference/inference-tracer.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { largestSharedRow } from '../scheduling/batch-limits.ts';
import { LAST_PRIORITY } from '../scheduling/priority-queue.ts';
import { Scheduler } from '../scheduling/scheduler.ts';
import type { Outcome, Submission } from '../scheduling/ticket.ts';
import type { GoldenExample, VersionManifest } from '../source/model-source.ts';
import type { BatchingDecision } from '../warm-up/decide-batching.ts';
import { findGoldenMismatch, type GoldenMismatch } from '../warm-up/find-golden-mismatch.ts';
import type { CallContext } from './call-context.ts';
import { countRows } from './count-rows.ts';
import { asEmptyInput, failureCode, failureReason } from './failure-reason.ts';
import type { LoadedVersionOptions } from './loaded-version-options.ts';
import { QueueShare } from './queue-share.ts';
import { createRequestCheck } from './request-check.ts';
import { VersionMeter } from './version-meter.ts';
import type { VersionStatistics } from './version-statistics.ts';

/** One version with its runtime: checks what comes in, schedules it, counts what is in flight, and drains. */
export class LoadedVersion {
  readonly label: VersionLabel;
  readonly signature: Signature;
  readonly runtime: Runtime;
  /**
   * The runtime without its circuit breaker, which then counts nothing.
   *
   * @internal
   */
  readonly uncountedRuntime: Runtime;
  /**
   * Inputs that it has answered when it was loaded; undefined where none were found.
   *
   * @internal
   */
  readonly answeredInputs: readonly Tensor[] | undefined;
  /** Requests that it is known to answer. */
  readonly goldenExamples: readonly GoldenExample[];
  /** Decision whether requests share executions, with its reason. */
  readonly batching: BatchingDecision;
  /** Reason why it was not run before it was served, if it wasn't. */
  readonly validationSkipped: string | undefined;
  /** True if it only computes copies of requests, and answers those that name it. */
  readonly isBackground: boolean;
  readonly #scheduler: Scheduler;
  readonly #breaker: BreakingRuntime | undefined;
  readonly #cache: ResponseCache | undefined;
  readonly #meter: VersionMeter;
  readonly #check: (request: InferRequest) => void;
  readonly #share: QueueShare;
  readonly #tracer: InferenceTracer | undefined;
  #inFlight = 0;
  #draining = false;
  #onIdle: (() => void) | undefined;

  constructor(manifest: VersionManifest, runtime: Runtime, options: LoadedVersionOptions) {
    const { limits, batching, validationSkipped, maxQueued, maxRowsPerRequest, cache, breaker } =
      options;
    const { model, version, signature } = manifest;
    this.label = { model, version: String(version) };
    this.signature = signature;
    const title = `model "${model}" version ${version}`;
    this.#breaker = breaker && new BreakingRuntime(runtime, { title, ...breaker });
    this.runtime = this.#breaker ?? runtime;
    this.uncountedRuntime = runtime;
    this.answeredInputs = options.answeredInputs;
    this.goldenExamples = manifest.goldenExamples ?? [];
    this.batching = batching;
    this.validationSkipped = validationSkipped;
    this.isBackground = options.isBackground;
    this.#tracer = options.tracer;
    this.#meter = new VersionMeter(this.label, options.observer);
    this.#check = createRequestCheck(manifest, { maxRowsPerRequest, batching: batching.on });
    this.#share = new QueueShare(maxQueued);
    this.#scheduler = new Scheduler({
      title,
      traced: options.tracer !== undefined,
      runtime: this.runtime,
      batching: batching.on
        ? { ...limits, maxRowBytes: largestSharedRow(runtime.memory?.fileBytes) }
        : undefined,
      maxQueued,
      onExecuted: (event) => {
        this.#meter.executed(event);
      },
    });
    this.#cache =
      cache && new ResponseCache(cache, manifest, (submission) => this.#submit(submission));
  }

  /** Counts and times of its requests and executions. */
  get statistics(): VersionStatistics {
    return this.#meter.statistics;
  }

  /** True if the version was replaced or unloaded, and answers no further requests. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Number of requests that wait for an execution. */
  get queued(): number {
    return this.#scheduler.queued;
  }

  /** True if requests are rejected because the runtime failed too often. */
  get circuitOpen(): boolean {
    return this.#breaker?.openForMs !== undefined;
  }

  /**
   * Rejects a request that is still to be read, and counts it as rejected, while the queue is full, in all or for its
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
    this.#meter.rejectedUnread();
    if (problem !== undefined) throw problem;
    this.#scheduler.checkRoom();
  }

  /**
   * Decodes, checks and runs one request.
   *
   * `decode` is called at once, with the signature: nothing happens between the choice of this version and its place in
   * the queue. `canFallBack` is called with an error: if it returns true, the request counts as forwarded, not as failed.
   */
  async infer<D extends DecodedRequest>(
    decode: (signature: Signature) => D,
    context: CallContext,
    canFallBack?: (error: unknown) => boolean,
  ): Promise<Inferred<D>> {
    const startedAt = performance.now();
    let rows = 1;
    let inputs: readonly Tensor[] = [];
    let decodedAt = startedAt;
    let ran: Outcome | undefined;
    let lookup: CacheLookup | undefined;
    let outcome: InferenceFinishedEvent['outcome'] = 'success';
    let reason: FailureReason | undefined;
    let code: string | undefined;
    const { client, requestId } = context;
    let entered = false;
    this.#inFlight += 1;
    this.#meter.started();
    try {
      this.#checkRoom(client);
      if (client !== undefined) {
        this.#share.enter(client);
        entered = true;
      }
      const { signature } = this;
      const decoded = decode(signature);
      const { request } = decoded;
      inputs = request.inputs;
      this.#check(request);
      rows = countRows(inputs);
      decodedAt = performance.now();
      const charged = context.charge && chargeFor(context.charge, inputs, rows);
      if (charged !== undefined) await charged;
      const submission = {
        inputs,
        ownsInputs: request.ownsInputs === true && context.needsInputs?.(this.label) === false,
        rows,
        deadlineAt: Math.min(context.deadlineAt, startedAt + (request.timeoutMs ?? Infinity)),
        priority: context.priority ?? request.priority,
        requestId,
        trace: context.trace,
        signal: context.signal,
      };
      if (this.#cache === undefined) ran = await this.#submit(submission);
      else {
        lookup = { result: 'miss', durationMs: 0 };
        ran = await this.#cache.run(submission, lookup);
      }
      const outputs = select(ran.outputs, request.outputs);
      const result = { ...this.label, id: request.id, outputs };
      const isCached = lookup?.result === 'hit' || undefined;
      return { result, decoded, signature, isCached };
    } catch (failure) {
      const error = rows === 0 ? asEmptyInput(failure, inputs) : failure;
      outcome = canFallBack?.(error) === true ? 'fallback' : 'failure';
      if (outcome === 'failure') {
        reason = failureReason(error);
        code = failureCode(error);
      }
      throw error;
    } finally {
      const failure = { reason, code, requestId };
      this.#meter.finished({ outcome, ...failure, rows, startedAt, decodedAt, ran, lookup });
      if (this.#tracer !== undefined && context.trace !== undefined) {
        this.#tracer.inferred({
          ...this.label,
          ...{ trace: context.trace, outcome, reason, rows, startedAt, decodedAt },
          ...{ endedAt: performance.now(), execution: ran?.execution, cache: lookup?.result },
        });
      }
      if (entered && client !== undefined) this.#share.leave(client);
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#onIdle?.();
    }
  }

  /**
   * Runs the golden examples again, each alone and after every waiting request, and returns the first that differs.
   *
   * @param timeoutMs - limit of each example
   * @internal
   */
  checkGoldenExamples(timeoutMs: number): Promise<GoldenMismatch | undefined> {
    return findGoldenMismatch(this.goldenExamples, async (inputs) => {
      const { outputs } = await this.#submit({
        ...{ inputs, rows: countRows(inputs), deadlineAt: performance.now() + timeoutMs },
        ...{ priority: LAST_PRIORITY, isAlone: true },
      });
      return outputs;
    });
  }

  /** Waits until nothing is in flight, `timeoutMs` at most, then closes the runtime. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
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

  #checkRoom(client: string | undefined): void {
    // A cached answer needs no room.
    if (this.#cache !== undefined || this.circuitOpen) return;
    this.#scheduler.checkRoom();
    const problem = this.#clientProblem(client);
    if (problem !== undefined) throw problem;
  }

  #clientProblem(client: string | undefined): ServingError | undefined {
    return client === undefined ? undefined : this.#share.problem(client, this.#scheduler.queued);
  }

  #submit(submission: Submission): Promise<Outcome> {
    // At once, not in its turn: while the circuit is open, that may be long after executions that hang.
    if (this.#breaker?.openForMs !== undefined) return Promise.reject(this.#breaker.openError());
    return this.#scheduler.submit(submission);
  }
}

function select(
  outputs: readonly Tensor[],
  wanted: readonly string[] | undefined,
): readonly Tensor[] {
  if (wanted === undefined) return outputs;
  return wanted.flatMap((name) => outputs.find((output) => output.name === name) ?? []);
}

import type { Tensor } from '@fairlead/signature';
import { ServingError } from '../errors/serving-error.ts';
import type { CancelSignal } from '../inference/cancel-signal.ts';
import type { TracedExecution } from '../inference/inference-tracer.ts';
import type { TraceCarrier } from '../inference/trace-context.ts';
import type { Link } from './linked-list.ts';

/** Request for an execution. */
export interface Submission {
  readonly inputs: readonly Tensor[];
  /** True if nothing else has or needs the storage of the inputs: an execution may move or free it. */
  readonly ownsInputs?: boolean | undefined;
  /** Rows that statistics and metrics count. */
  readonly rows: number;
  /** Deadline in milliseconds of `performance.now()`; may move while further requests wait for the same result. */
  readonly deadlineAt: number;
  /** 1 is the highest; 0 stands for the lowest, as in the protocol. */
  readonly priority?: number | undefined;
  readonly requestId?: string | undefined;
  /** True if it must not share an execution with others. */
  readonly isAlone?: boolean | undefined;
  /** Request whose trace context upstreams get. */
  readonly trace?: TraceCarrier | undefined;
  readonly signal?: CancelSignal | undefined;
}

/** Result of one submission. */
export interface Outcome {
  readonly outputs: readonly Tensor[];
  /** Milliseconds from acceptance to the start of the execution. */
  readonly queueDurationMs: number;
  /** Milliseconds that the execution took, the other requests of its batch included. */
  readonly computeDurationMs: number;
  /** Set where requests are traced. */
  readonly execution?: TracedExecution | undefined;
}

/** One accepted request on its way through the scheduler; it is answered once. */
export class Ticket {
  readonly inputs: readonly Tensor[];
  readonly ownsInputs: boolean;
  readonly requestId: string | undefined;
  readonly trace: TraceCarrier | undefined;
  /** Length of the first dimension of every input; undefined when they differ or it runs alone, so that it can't share a batch. */
  readonly rows: number | undefined;
  /** Rows that statistics and metrics count. */
  readonly countedRows: number;
  readonly bytes: number;
  /** Key that the members of a batch have in common: the shape of every input but for its first dimension. */
  readonly shapeKey: string;
  readonly acceptedAt = performance.now();
  readonly promise: Promise<Outcome>;
  readonly #submission: Submission;
  readonly #signal: CancelSignal | undefined;
  readonly #onCancel: () => void;
  /** Called once when it was answered; the scheduler sets it while an execution runs. */
  onSettled: (() => void) | undefined;
  /** Link in the scheduler's list of waiting requests. */
  queued: Link<Ticket> | undefined;
  /** Link in the scheduler's list of unanswered requests. */
  outstanding: Link<Ticket> | undefined;
  #resolve: (outcome: Outcome) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #settled = false;

  /** `onCancel` is called when the client disconnects before its request was answered. */
  constructor(submission: Submission, onCancel: (ticket: Ticket) => void) {
    const { inputs, rows, requestId, isAlone, trace, signal } = submission;
    this.inputs = inputs;
    this.ownsInputs = submission.ownsInputs === true;
    this.#submission = submission;
    this.requestId = requestId;
    this.trace = trace;
    this.rows = isAlone === true ? undefined : commonRows(inputs);
    this.countedRows = rows;
    this.bytes = countBytes(inputs);
    this.shapeKey = shapeKeyOf(inputs);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#signal = signal;
    this.#onCancel = () => {
      onCancel(this);
    };
    signal?.addEventListener('abort', this.#onCancel);
  }

  get deadlineAt(): number {
    return this.#submission.deadlineAt;
  }

  /** True if the request was answered: its execution needn't continue. */
  get settled(): boolean {
    return this.#settled;
  }

  resolve(outcome: Outcome): void {
    if (this.#settle()) this.#resolve(outcome);
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  /** Answers that the deadline has passed. */
  expire(): void {
    if (this.#settled) return;
    this.reject(
      new ServingError(
        'ERR_SERVING_DEADLINE_EXCEEDED',
        'the deadline passed before the model answered',
      ),
    );
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#signal?.removeEventListener('abort', this.#onCancel);
    this.onSettled?.();
    return true;
  }
}

function commonRows(inputs: readonly Tensor[]): number | undefined {
  const rows = inputs[0]?.shape[0];
  if (rows === undefined) return undefined;
  return inputs.every((input) => input.shape[0] === rows) ? rows : undefined;
}

function countBytes(inputs: readonly Tensor[]): number {
  let bytes = 0;
  for (const { data } of inputs) {
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
    else for (const element of data) bytes += element.byteLength;
  }
  return bytes;
}

function shapeKeyOf(inputs: readonly Tensor[]): string {
  let key = '';
  for (const { name, shape } of inputs) {
    key += name;
    for (let dimension = 1; dimension < shape.length; dimension++) key += `,${shape[dimension]}`;
    key += ';';
  }
  return key;
}

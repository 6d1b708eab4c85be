import type { ExecutedEvent } from '../inference/inference-observer.ts';
import type { Execution, Runtime } from '../runtime/runtime.ts';
import { refusal, ServingError } from '../errors/serving-error.ts';
import type { BatchLimits } from './batch-limits.ts';
import { ExecutionScope } from './execution-scope.ts';
import { IdleWatch } from './idle-watch.ts';
import { LinkedList } from './linked-list.ts';
import { packBatch, splitBatch } from './pack-batch.ts';
import { PriorityQueue } from './priority-queue.ts';
import { Ticket, type Outcome, type Submission } from './ticket.ts';

/** What a scheduler needs. */
export interface SchedulerOptions {
  /** Name and version of the model, for messages. */
  readonly title: string;
  readonly runtime: Runtime;
  /** Undefined when requests of this version can't share an execution. */
  readonly batching: BatchLimits | undefined;
  /** Requests that may wait; over it they are refused. */
  readonly maxQueued: number;
  /** Told of each execution. */
  readonly onExecuted: (event: Pick<ExecutedEvent, 'batchSize' | 'computeDurationMs'>) => void;
  /**
   * Says when half of what waits is better left for the next execution.
   * @defaultValue by how long the event loop keeps the runtime waiting
   */
  readonly idle?: Pick<IdleWatch, 'begins' | 'executed' | 'wastes'>;
}

/**
 * Admission and adaptive batching before one runtime.
 *
 * A request is executed while the runtime has room, at the end of the turn of the event loop in which it arrived, or at
 * once where requests come one by one. Only while it hasn't do requests wait, and those that fit together leave together as
 * soon as there is room again: an idle server adds no delay, a busy one makes batches. No timer waits for a batch to fill.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue = new PriorityQueue();
  readonly #outstanding = new LinkedList<Ticket>();
  #closed = false;
  #executing = 0;
  #dispatching = false;
  #arrivals = 0;
  /** Whether the last execution was of one request, and no other came meanwhile. */
  #singly = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  readonly #idle: Pick<IdleWatch, 'begins' | 'executed' | 'wastes'>;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#idle = options.idle ?? new IdleWatch();
  }

  /** Requests that wait for an execution. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Whether the next request would be refused. */
  get isFull(): boolean {
    const { maxQueued, runtime } = this.#options;
    return this.#queue.size >= maxQueued + Math.max(0, runtime.concurrency - this.#executing);
  }

  /**
   * Runs one request, alone or with others.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED`, `ERR_SERVING_CANCELED`, `ERR_SERVING_DEADLINE_EXCEEDED`,
   * `ERR_SERVING_CLOSED`, or what the runtime throws.
   */
  submit(submission: Submission): Promise<Outcome> {
    if (submission.signal?.aborted === true) return Promise.reject(gone());
    if (this.#closed) return Promise.reject(this.#unloaded());
    if (this.isFull) return Promise.reject(this.#overloaded());
    const ticket = new Ticket(submission, (canceled) => {
      canceled.reject(gone());
      this.#forget(canceled);
    });
    ticket.outstanding = this.#outstanding.add(ticket);
    ticket.queued = this.#queue.add(ticket, submission.priority);
    this.#watch(ticket.deadlineAt);
    this.#arrivals += 1;
    if (this.#singly && this.#executing === 0 && this.#queue.size === 1) this.#dispatch();
    else this.#dispatchSoon();
    return ticket.promise;
  }

  /**
   * Refuses before anything was made of a request: under overload most of the work goes into those that are refused.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED` when the next request would be refused.
   */
  checkRoom(): void {
    if (this.isFull) throw this.#overloaded();
  }

  /** Fails everything that still waits or runs. */
  close(): void {
    this.#closed = true;
    for (const ticket of this.#outstanding) {
      ticket.reject(this.#unloaded());
      this.#forget(ticket);
    }
    clearTimeout(this.#timer);
  }

  /**
   * Dispatches once the event loop has taken in what lies ready on its sockets: requests that have arrived by now
   * belong into this batch, not behind it.
   */
  #dispatchSoon(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    setImmediate(() => {
      this.#dispatching = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#executing < this.#options.runtime.concurrency) {
      const most = this.#executing === 0 && this.#idle.wastes ? this.#queue.size / 2 : Infinity;
      const members = this.#take(most);
      if (members.length === 0) return;
      void this.#run(members);
    }
  }

  /** The next requests to be executed together, about `most`; expired ones are answered, and never executed. */
  #take(most: number): readonly Ticket[] {
    const { batching } = this.#options;
    const now = performance.now();
    const members: Ticket[] = [];
    let rows = 0;
    let bytes = 0;
    for (const ticket of this.#queue) {
      if (ticket.deadlineAt <= now) {
        ticket.expire();
        this.#forget(ticket);
        continue;
      }
      const [first] = members;
      if (first === undefined) {
        members.push(ticket);
        if (batching === undefined || ticket.rows === undefined) break;
        rows = ticket.rows;
        ({ bytes } = ticket);
      } else if (
        batching !== undefined &&
        ticket.rows !== undefined &&
        ticket.shapeKey === first.shapeKey &&
        rows + ticket.rows <= batching.maxRows &&
        bytes + ticket.bytes <= batching.maxBytes
      ) {
        members.push(ticket);
        rows += ticket.rows;
        bytes += ticket.bytes;
      }
      if (members.length >= most || (batching !== undefined && rows >= batching.maxRows)) break;
    }
    for (const ticket of members) this.#unqueue(ticket);
    return members;
  }

  async #run(members: readonly Ticket[]): Promise<void> {
    this.#executing += 1;
    const { length } = members;
    const arrivals = this.#arrivals;
    try {
      await this.#execute(members);
    } finally {
      this.#executing -= 1;
      this.#singly = length === 1 && this.#arrivals === arrivals;
      if (this.#executing === 0) this.#idle.begins();
      // At once: the runtime computes while the answers are written.
      if (this.#queue.size > 0) this.#dispatch();
    }
  }

  async #execute(members: readonly Ticket[]): Promise<void> {
    const startedAt = performance.now();
    const [single] = members;
    const alone = members.length === 1 && single !== undefined;
    try {
      const inputs = alone ? single.inputs : packBatch(members.map((member) => member.inputs));
      const { outputs, computeDurationMs } = await this.#execution(members, inputs);
      const rows = members.map((member) => member.rows ?? 1);
      const parts = alone ? [outputs] : splitBatch(outputs, rows);
      if (parts === undefined) {
        await this.#oneByOne(members);
        return;
      }
      members.forEach((member, index) => {
        const queueDurationMs = startedAt - member.acceptedAt;
        member.resolve({ outputs: parts[index] ?? [], queueDurationMs, computeDurationMs });
        this.#forget(member);
      });
    } catch (error) {
      if (!alone && mayBeOneRow(error)) {
        await this.#oneByOne(members);
        return;
      }
      for (const member of members) {
        member.reject(error);
        this.#forget(member);
      }
    }
  }

  /** What went wrong with a batch is the fault of one of its members; the others mustn't suffer for it. */
  async #oneByOne(members: readonly Ticket[]): Promise<void> {
    for (const member of members) {
      if (member.deadlineAt <= performance.now()) member.expire();
      if (member.settled) this.#forget(member);
      else await this.#execute([member]);
    }
  }

  async #execution(members: readonly Ticket[], inputs: Ticket['inputs']): Promise<Execution> {
    const { runtime, onExecuted } = this.#options;
    const scope = new ExecutionScope(members);
    for (const member of members) member.onSettled = scope.onSettled;
    try {
      const startedAt = performance.now();
      const execution = await runtime.execute(inputs, scope);
      this.#idle.executed(performance.now() - startedAt);
      let batchSize = 0;
      for (const { countedRows } of members) batchSize += countedRows;
      onExecuted({ batchSize, computeDurationMs: execution.computeDurationMs });
      return execution;
    } finally {
      for (const member of members) member.onSettled = undefined;
    }
  }

  #forget(ticket: Ticket): void {
    this.#unqueue(ticket);
    if (ticket.outstanding !== undefined) this.#outstanding.delete(ticket.outstanding);
    ticket.outstanding = undefined;
  }

  #unqueue(ticket: Ticket): void {
    if (ticket.queued !== undefined) this.#queue.delete(ticket.queued);
    ticket.queued = undefined;
  }

  /** Sees to it that a deadline is answered when it passes, with one timer for all. */
  #watch(deadlineAt: number): void {
    if (deadlineAt >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadlineAt;
    const delay = Math.min(Math.max(0, deadlineAt - performance.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#expireAll();
    }, Math.ceil(delay));
    this.#timer.unref();
  }

  #expireAll(): void {
    this.#timerAt = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const ticket of this.#outstanding) {
      if (ticket.deadlineAt <= now) {
        ticket.expire();
        this.#forget(ticket);
      } else {
        next = Math.min(next, ticket.deadlineAt);
      }
    }
    if (next !== Infinity) this.#watch(next);
  }

  #overloaded(): ServingError {
    const detail = `${this.#options.title} has ${this.#queue.size} requests waiting, its limit; try again later`;
    return refusal('ERR_SERVING_OVERLOADED', detail);
  }

  #unloaded(): ServingError {
    return new ServingError('ERR_SERVING_CLOSED', `${this.#options.title} was unloaded`);
  }
}

/** Whether what failed may be the fault of one request in a batch, rather than of the whole runtime. */
function mayBeOneRow(error: unknown): boolean {
  const code = error instanceof ServingError ? error.code : 'ERR_SERVING_RUN_FAILED';
  return (
    code === 'ERR_SERVING_RUN_FAILED' ||
    code === 'ERR_SERVING_BAD_REQUEST' ||
    code === 'ERR_SERVING_UPSTREAM_FAILED'
  );
}

function gone(): ServingError {
  return new ServingError('ERR_SERVING_CANCELED', 'the client is gone');
}

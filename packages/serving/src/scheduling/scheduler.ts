import { refusal, ServingError } from '../errors/serving-error.ts';
import { BatchExecutor, type BatchExecutorOptions } from './batch-executor.ts';
import type { BatchLimits } from './batch-limits.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { IdleMonitor } from './idle-monitor.ts';
import { LinkedList } from './linked-list.ts';
import { PriorityQueue } from './priority-queue.ts';
import { selectBatch } from './select-batch.ts';
import { Ticket, type Outcome, type Submission } from './ticket.ts';

/** Options of a {@link Scheduler}. */
export interface SchedulerOptions extends Pick<BatchExecutorOptions, 'runtime' | 'onExecuted'> {
  /** Name and version of the model, for messages. */
  readonly title: string;
  /**
   * True if outcomes name their execution.
   * @defaultValue false
   */
  readonly traced?: boolean;
  /** Undefined when requests of this version can't share an execution. */
  readonly batching: BatchLimits | undefined;
  /** Maximum number of waiting requests; further ones are rejected. */
  readonly maxQueued: number;
  /**
   * Decides when half of the queue is left for the next execution.
   * @defaultValue a monitor of the time that the runtime waits for the event loop
   */
  readonly idleMonitor?: Pick<IdleMonitor, 'idleStarted' | 'recordExecution' | 'isStarving'>;
}

/**
 * Admission and adaptive batching in front of one runtime.
 *
 * While the runtime has capacity, a request is executed at the end of the turn of the event loop in which it arrived, or at
 * once where requests arrive one by one. Requests wait only while it has none, and those that fit into a batch are executed
 * together as soon as it has: an idle server adds no delay, a busy one makes batches. No timer waits for a batch to fill.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue = new PriorityQueue();
  readonly #outstanding = new LinkedList<Ticket>();
  readonly #deadlines = new DeadlineTimer((now) => this.#expireAll(now));
  readonly #idleMonitor: Pick<IdleMonitor, 'idleStarted' | 'recordExecution' | 'isStarving'>;
  readonly #executor: BatchExecutor;
  #closed = false;
  #executing = 0;
  #dispatching = false;
  #arrivals = 0;
  /** True if the last execution was of one request, and no other arrived during it. */
  #singly = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { runtime, traced = false, onExecuted, idleMonitor = new IdleMonitor() } = options;
    this.#idleMonitor = idleMonitor;
    this.#executor = new BatchExecutor({
      runtime,
      traced,
      onExecuted,
      idle: idleMonitor,
      onSettled: (ticket) => {
        this.#forget(ticket);
      },
    });
  }

  /** Number of requests that wait for an execution. */
  get queued(): number {
    return this.#queue.size;
  }

  /** True if the next request would be rejected. */
  get isFull(): boolean {
    const { maxQueued, runtime } = this.#options;
    return this.#queue.size >= maxQueued + Math.max(0, runtime.concurrency - this.#executing);
  }

  /**
   * Executes one request, alone or with others.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED`, `ERR_SERVING_CANCELED`, `ERR_SERVING_DEADLINE_EXCEEDED`,
   * `ERR_SERVING_CLOSED`, or what the runtime throws.
   */
  submit(submission: Submission): Promise<Outcome> {
    if (submission.signal?.aborted === true) return Promise.reject(disconnected());
    if (this.#closed) return Promise.reject(this.#unloaded());
    if (this.isFull) return Promise.reject(this.#overloaded());
    const ticket = new Ticket(submission, (canceled) => {
      canceled.reject(disconnected());
      this.#forget(canceled);
    });
    ticket.outstanding = this.#outstanding.add(ticket);
    ticket.queued = this.#queue.add(ticket, submission.priority);
    this.#deadlines.watch(ticket.deadlineAt);
    this.#arrivals += 1;
    if (this.#singly && this.#executing === 0 && this.#queue.size === 1) this.#dispatch();
    else this.#dispatchSoon();
    return ticket.promise;
  }

  /**
   * Rejects a request before it is read: under overload most of the work goes into requests that are rejected.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED` when the next request would be rejected.
   */
  checkRoom(): void {
    if (this.isFull) throw this.#overloaded();
  }

  /** Rejects every request that waits or is executed. */
  close(): void {
    this.#closed = true;
    for (const ticket of this.#outstanding) {
      ticket.reject(this.#unloaded());
      this.#forget(ticket);
    }
    this.#deadlines.close();
  }

  /** Dispatches after the event loop has read what is ready on its sockets: those requests belong to the same batch. */
  #dispatchSoon(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    setImmediate(() => {
      this.#dispatching = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    const { runtime, batching } = this.#options;
    while (this.#executing < runtime.concurrency) {
      const isStarving = this.#executing === 0 && this.#idleMonitor.isStarving;
      const members = selectBatch(this.#queue, {
        batching,
        maxTickets: isStarving ? this.#queue.size / 2 : Infinity,
        expire: this.#expire,
      });
      for (const ticket of members) this.#unqueue(ticket);
      if (members.length === 0) return;
      void this.#run(members);
    }
  }

  async #run(members: readonly Ticket[]): Promise<void> {
    this.#executing += 1;
    const { length } = members;
    const arrivals = this.#arrivals;
    try {
      await this.#executor.execute(members);
    } finally {
      this.#executing -= 1;
      this.#singly = length === 1 && this.#arrivals === arrivals;
      if (this.#executing === 0) this.#idleMonitor.idleStarted();
      // At once: the runtime computes while responses are written.
      if (this.#queue.size > 0) this.#dispatch();
    }
  }

  readonly #expire = (ticket: Ticket): void => {
    ticket.expire();
    this.#forget(ticket);
  };

  /** Rejects the requests whose deadline has passed, and returns the next deadline. */
  #expireAll(now: number): number {
    let next = Infinity;
    for (const ticket of this.#outstanding) {
      if (ticket.deadlineAt <= now) this.#expire(ticket);
      else next = Math.min(next, ticket.deadlineAt);
    }
    return next;
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

  #overloaded(): ServingError {
    const detail = `${this.#options.title} has ${this.#queue.size} requests waiting, its limit; try again later`;
    return refusal('ERR_SERVING_OVERLOADED', detail);
  }

  #unloaded(): ServingError {
    return new ServingError('ERR_SERVING_CLOSED', `${this.#options.title} was unloaded`);
  }
}

function disconnected(): ServingError {
  return new ServingError('ERR_SERVING_CANCELED', 'the client disconnected');
}

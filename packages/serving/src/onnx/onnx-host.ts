import { HostError } from './host-error.ts';
import { HostedSession } from './hosted-session.ts';
import type { MemoryMeter } from './memory-meter.ts';
import type { SessionModel } from './session-model.ts';
import { readThreadState } from './thread-state.ts';
import { startWorker, type WorkerKind, type WorkerLink } from './worker-link.ts';
import type { WorkerRequest, WorkerResponse } from './worker-message.ts';

/** One request to the worker; it is posted when those before it are answered. */
interface Job {
  readonly session: HostedSession;
  readonly message: () => readonly [WorkerRequest, readonly ArrayBuffer[]];
  readonly timeoutMs: number;
  /** Name of the step that took longer than `timeoutMs`, for the error. */
  readonly what: string;
  readonly answer: PromiseWithResolvers<WorkerResponse>;
}

/** A thread in the background hangs if it has computed for this part of the time limit. */
const COMPUTING_SHARE = 0.5;

/** Options for loading a model. */
interface LoadOptions {
  readonly timeoutMs: number;
  readonly meter: MemoryMeter;
  /** Called when the load or an execution exceeds its time limit, even after the session was unloaded. */
  readonly onHang: () => void;
}

/**
 * A worker thread or process that holds the sessions of one or several versions.
 *
 * It executes one request at a time, in order of arrival. A request that exceeds its time limit costs the worker: its own
 * caller gets an error with `hung`, the callers behind it one that says that their requests never began.
 */
export class OnnxHost {
  readonly kind: WorkerKind;
  /** True if it has the lowest priority, for good. */
  readonly isBackground: boolean;
  readonly #link: WorkerLink;
  readonly #started = Promise.withResolvers<undefined>();
  readonly #ended = Promise.withResolvers<undefined>();
  readonly #waiting: Job[] = [];
  /** The sessions, with what is called when the worker is lost. */
  readonly #sessions = new Map<HostedSession, () => void>();
  #active: Job | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lost: string | undefined;
  #nextId = 0;
  /** Set for a worker in the background; see {@link readThreadState}. */
  #threadFolder: string | undefined;

  constructor(kind: WorkerKind, isBackground = false) {
    this.kind = kind;
    this.isBackground = isBackground;
    this.#link = startWorker(kind, isBackground, {
      onResponse: (response) => {
        if (response.type === 'started') {
          this.#threadFolder = response.threadFolder;
          this.#started.resolve(undefined);
        } else this.#settle(response);
      },
      onEnd: (reason) => {
        this.#lose(reason);
      },
    });
  }

  /** Resolves when the worker ended or was abandoned; see {@link OnnxHost.lost}. */
  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  /** Reason of the worker's end; undefined while it runs. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Sessions that it holds or loads. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /**
   * Loads a model; returns its session, and the bytes by which the process grew.
   *
   * @throws HostError when the model can't be loaded.
   */
  async load(
    model: SessionModel,
    { timeoutMs, meter, onHang }: LoadOptions,
  ): Promise<readonly [HostedSession, number]> {
    this.#nextId += 1;
    const id = this.#nextId;
    const session = new HostedSession(this, id, onHang);
    this.#sessions.set(session, ignore);
    const bytes = movable(model.bytes);
    const externalData = model.externalData.map((file) => ({ ...file, data: movable(file.data) }));
    const buffers = [bytes, ...externalData.map(({ data }) => data)].map((each) => each.buffer);
    const request = {
      type: 'load',
      session: id,
      model: { ...model, bytes, externalData },
    } as const;
    try {
      // Memory of the worker itself isn't the model's.
      await this.#started.promise;
      const [answer, grown] = await meter.measure(bytes.length, () =>
        this.ask({
          session,
          message: () => [request, [...new Set(buffers)]],
          timeoutMs,
          what: 'loading the model',
        }),
      );
      if (answer.type === 'unsafe') {
        const { crashRisk } = answer;
        throw new HostError(`no thread loads it: ${crashRisk}`, { crashRisk });
      }
      if (answer.type === 'ready') {
        session.cost = answer.cost;
        session.facts = answer.facts;
      }
      return [session, grown];
    } catch (error) {
      this.#sessions.delete(session);
      throw error;
    }
  }

  /** Ends the worker once it is idle; waits for that. */
  async close(): Promise<void> {
    if (this.#lost === undefined) this.#link.post({ type: 'close' }, []);
    await this.#ended.promise;
  }

  /** Ends the worker without waiting: a thread ends as soon as its native code returns, a process at once. */
  abandon(reason: string): void {
    this.#link.kill();
    this.#lose(reason);
  }

  /** Has one request executed after those that came before it. */
  ask({ session, message, timeoutMs, what }: Omit<Job, 'answer'>): Promise<WorkerResponse> {
    if (this.#lost !== undefined) {
      return Promise.reject(new HostError(this.#lost, { threadLost: true, started: false }));
    }
    const answer = Promise.withResolvers<WorkerResponse>();
    this.#waiting.push({ session, message, timeoutMs, what, answer });
    if (this.#active === undefined) this.#next();
    return answer.promise;
  }

  /** Rejects what a session still waits for; the worker goes on for the other sessions. */
  drop(session: HostedSession, reason: string): void {
    const error = new HostError(reason, { threadLost: true });
    for (const job of this.#waiting.filter((each) => each.session === session)) {
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      job.answer.reject(error);
    }
    if (this.#active?.session === session) this.#active.answer.reject(error);
  }

  /** Calls `onLost` when the worker ends or is abandoned while it holds the session; at once when that has happened. */
  watch(session: HostedSession, onLost: () => void): void {
    if (this.#lost !== undefined) onLost();
    else if (this.#sessions.has(session)) this.#sessions.set(session, onLost);
  }

  /** Removes a session, and what {@link OnnxHost.watch} would call for it. */
  forget(session: HostedSession): void {
    this.#sessions.delete(session);
  }

  #next(): void {
    while (this.#active === undefined) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      try {
        const [request, transfer] = job.message();
        this.#link.post(request, transfer);
      } catch (error) {
        job.answer.reject(error);
        continue;
      }
      this.#active = job;
      this.#limit(job);
    }
  }

  /**
   * Ends the worker when a job exceeds its time limit. In the background a thread that could run, and had the processor for less than half of that time, doesn't hang:
   * the job goes on.
   *
   * @param before - processor time of the thread when the limit began, in milliseconds; it isn't read for each job
   */
  #limit(job: Job, before?: number): void {
    const { timeoutMs } = job;
    this.#timer = setTimeout(() => {
      const state = readThreadState(this.#threadFolder);
      const isStarved =
        state?.isRunnable === true &&
        (before === undefined || state.usedMs - before < timeoutMs * COMPUTING_SHARE);
      if (isStarved) this.#limit(job, state.usedMs);
      else this.#hang(job);
    }, timeoutMs);
  }

  #settle(response: WorkerResponse): void {
    const job = this.#active;
    if (job === undefined) return;
    clearTimeout(this.#timer);
    this.#active = undefined;
    if (response.type === 'failed') {
      job.answer.reject(new HostError(response.message, { isInput: response.isInput }));
    } else job.answer.resolve(response);
    // At once: the worker computes while the answer is handled.
    if (this.#waiting.length > 0) this.#next();
  }

  #hang(job: Job): void {
    job.session.markHung();
    this.#link.kill();
    this.#lose(`${job.what} took longer than ${job.timeoutMs} ms`);
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    clearTimeout(this.#timer);
    const active = this.#active;
    this.#active = undefined;
    const hung = active?.session.hung === true;
    const crashed = !hung && this.kind === 'process';
    active?.answer.reject(new HostError(reason, { threadLost: true, hung, crashed }));
    for (const { answer } of this.#waiting.splice(0)) {
      answer.reject(new HostError(reason, { threadLost: true, started: false }));
    }
    const callbacks = [...this.#sessions.values()];
    this.#sessions.clear();
    this.#started.resolve(undefined);
    this.#ended.resolve(undefined);
    for (const onLost of callbacks) onLost();
  }
}

function ignore(): void {
  // Nothing watches a session that is being loaded: its load fails.
}

/** Only a buffer that holds nothing else can be moved: small files share Node's pool. */
function movable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const whole = buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength;
  return whole ? new Uint8Array(buffer) : Uint8Array.from(bytes);
}

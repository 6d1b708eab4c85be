import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type Program } from './child.ts';
import { forgetProcesses, noteProcesses } from './leftovers.ts';
import { SampleError } from './sample-error.ts';

const STOP_TIMEOUT_MS = 9000;
const POLL_MS = 100;

/** Runs programs one after the other, watches over them, and stops them in the opposite order. */
export class RunningPrograms {
  readonly #children: Child[] = [];
  readonly #logs: string;
  readonly #note: string;
  readonly #died = Promise.withResolvers<never>();
  /** Those that may end without everything ending. */
  readonly #dispensable = new Set<Child>();
  #stopping: Promise<void> | undefined;

  constructor(logs: string, note: string) {
    this.#logs = logs;
    this.#note = note;
    // Whoever waits hears of it; when nobody does yet, it isn't a failure of its own.
    this.#died.promise.catch(() => undefined);
  }

  /** Rejects with a SampleError as soon as one of the programs ends by itself. */
  get died(): Promise<never> {
    return this.#died.promise;
  }

  /**
   * Starts a program and waits until `isReady` says so.
   *
   * @throws SampleError when it ends before, or isn't ready in time; what `isReady` said last is told. Also once
   * everything is being stopped.
   */
  async start(
    program: Program,
    timeoutMs: number,
    isReady: () => Promise<string | undefined>,
  ): Promise<void> {
    const child = this.#launch(program, this.#children.length);
    await Promise.race([this.#waitFor(program.name, timeoutMs, isReady, child), this.died]);
  }

  /**
   * Starts a program that runs already once more, on the same sockets, and stops the one before as soon as its
   * successor says that it is ready: nobody finds the door closed.
   *
   * @throws SampleError when the successor isn't ready in time; the one before goes on then.
   */
  async replace(program: Program, timeoutMs: number): Promise<void> {
    const place = this.#children.findIndex(({ name }) => name === program.name);
    const before = this.#children[place];
    if (before === undefined) throw new SampleError(`${program.name} doesn't run.`);
    const successor = this.#launch(program, place + 1);
    this.#dispensable.add(successor);
    const timer = new AbortController();
    const problem = await Promise.race([
      successor.ready,
      successor.ended.then((how) => `it has ended (${how})`),
      sleep(timeoutMs, `nothing after ${timeoutMs / 1000} s`, { signal: timer.signal }),
      this.died,
    ]).finally(() => {
      timer.abort();
    });
    const leaving = problem === undefined ? before : successor;
    this.#dispensable.delete(successor);
    this.#dispensable.add(leaving);
    await leaving.stop(STOP_TIMEOUT_MS);
    this.#children.splice(this.#children.indexOf(leaving), 1);
    this.#noteAll();
    if (problem === undefined) return;
    throw new SampleError(
      `${program.name} wasn't replaced: ${problem}\nThe last lines of ${successor.logFile}:\n${successor.lastLines()}`,
    );
  }

  #launch(program: Program, place: number): Child {
    if (this.#stopping !== undefined) throw new SampleError('Everything is being stopped.');
    const child = new Child(program, this.#logs);
    this.#children.splice(place, 0, child);
    this.#noteAll();
    void child.ended.then((how) => {
      if (this.#stopping !== undefined || this.#dispensable.has(child)) return;
      const lines = child.lastLines();
      const said =
        lines === '' ? 'It wrote nothing.' : `The last lines of ${child.logFile}:\n${lines}`;
      this.#died.reject(new SampleError(`${program.name} has ended (${how}). ${said}`));
    });
    return child;
  }

  #noteAll(): void {
    noteProcesses(
      this.#note,
      this.#children.map(({ pid }) => pid),
    );
  }

  /** Stops everything, last started first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    for (const child of this.#children.toReversed()) {
      await child.stop(Math.max(100, deadline - performance.now()));
    }
    forgetProcesses(this.#note);
  }

  async #waitFor(
    name: string,
    timeoutMs: number,
    isReady: () => Promise<string | undefined>,
    child: Child,
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const problem = await isReady().catch((error: unknown) => String(error));
      if (problem === undefined) return;
      if (this.#stopping !== undefined) return;
      if (performance.now() > deadline) {
        throw new SampleError(
          `${name} isn't ready after ${timeoutMs / 1000} s: ${problem}\nThe last lines of ${child.logFile}:\n${child.lastLines()}`,
        );
      }
      await sleep(POLL_MS);
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type Program } from './child.ts';
import { deleteProcessRecord, recordProcesses } from './leftovers.ts';
import { SampleError } from './sample-error.ts';

const STOP_TIMEOUT_MS = 9000;
const POLL_MS = 100;

/** Starts programs one after the other, supervises them, and stops them in the opposite order. */
export class RunningPrograms {
  readonly #children: Child[] = [];
  readonly #logs: string;
  readonly #recordFile: string;
  readonly #died = Promise.withResolvers<never>();
  /** Programs whose end does not stop the others. */
  readonly #dispensable = new Set<Child>();
  #stopping: Promise<void> | undefined;

  constructor(logs: string, recordFile: string) {
    this.#logs = logs;
    this.#recordFile = recordFile;
    // Callers that await it get the error; before the first one does, it is no unhandled rejection.
    this.#died.promise.catch(() => undefined);
  }

  /** Rejects with a SampleError as soon as a program ends unexpectedly. */
  get died(): Promise<never> {
    return this.#died.promise;
  }

  /**
   * Starts a program and waits until `isReady` resolves to undefined.
   *
   * @throws SampleError when the program ends before, or isn't ready in time: the message has the last result of `isReady`.
   * Also when everything is being stopped.
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
   * Starts another process of a running program on the same sockets, and stops the predecessor as soon as the
   * successor is ready: no connection is refused.
   *
   * @throws SampleError when the successor isn't ready in time; the predecessor continues.
   */
  async replace(program: Program, timeoutMs: number): Promise<void> {
    const position = this.#children.findIndex(({ name }) => name === program.name);
    const predecessor = this.#children[position];
    if (predecessor === undefined) throw new SampleError(`${program.name} is not running.`);
    const successor = this.#launch(program, position + 1);
    this.#dispensable.add(successor);
    const timer = new AbortController();
    const problem = await Promise.race([
      successor.ready,
      successor.ended.then((how) => `it has ended (${how})`),
      sleep(timeoutMs, `not ready after ${timeoutMs / 1000} s`, { signal: timer.signal }),
      this.died,
    ]).finally(() => {
      timer.abort();
    });
    const leaving = problem === undefined ? predecessor : successor;
    this.#dispensable.delete(successor);
    this.#dispensable.add(leaving);
    await leaving.stop(STOP_TIMEOUT_MS);
    this.#children.splice(this.#children.indexOf(leaving), 1);
    this.#recordAll();
    if (problem === undefined) return;
    throw new SampleError(
      `${program.name} was not replaced: ${problem}\nThe last lines of ${successor.logFile}:\n${successor.lastLines()}`,
    );
  }

  #launch(program: Program, position: number): Child {
    if (this.#stopping !== undefined) throw new SampleError('Everything is being stopped.');
    const child = new Child(program, this.#logs);
    this.#children.splice(position, 0, child);
    this.#recordAll();
    void child.ended.then((how) => {
      if (this.#stopping !== undefined || this.#dispensable.has(child)) return;
      const lines = child.lastLines();
      const output =
        lines === '' ? 'It wrote nothing.' : `The last lines of ${child.logFile}:\n${lines}`;
      this.#died.reject(new SampleError(`${program.name} has ended (${how}). ${output}`));
    });
    return child;
  }

  #recordAll(): void {
    recordProcesses(
      this.#recordFile,
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
    deleteProcessRecord(this.#recordFile);
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

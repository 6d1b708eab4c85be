import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Calls } from './calls.ts';
import type { ConnectionTaker, DoorName } from './doors.ts';
import { HANG_MS, START_HANG_MS, Watchdog, type WatchdogListener } from './watchdog.ts';
import {
  isConfirmation,
  type ParentCalls,
  type PassedConnection,
  type ProcessCalls,
} from './messages.ts';

/** Time for the last messages of a process that has ended. */
const CHANNEL_TIMEOUT_MS = 1000;

/** Program of a process. */
export interface ProcessProgram {
  readonly module: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Receives what the process writes; without it, it writes where this process does. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

interface Passing {
  readonly socket: Socket;
  readonly resolve: (isPassed: boolean) => void;
}

/** One of the processes of a gateway. */
export class GatewayProcess implements ConnectionTaker {
  readonly number: number;
  /** Start of the process, on the clock of `performance.now()`. */
  readonly startedAt = performance.now();
  readonly calls: Calls<ParentCalls, ProcessCalls>;
  /** Resolves with the exit code, or else the reason of the end, such as the name of a signal. */
  readonly ended: Promise<number | string>;
  isReady = false;
  /** Takes connections, or will when it answers again. */
  isOpen = false;
  #watchdog: Watchdog;
  /** Reason why the process is killed, once it hangs. */
  #hang: string | undefined;
  readonly #child: ChildProcess;
  /** Connections that the process has not confirmed, by their ids. */
  readonly #passing = new Map<number, Passing>();
  #lastId = 0;
  #hasEnded = false;

  constructor(
    number: number,
    { module, args, environment, onOutput }: ProcessProgram,
    answers: (process: GatewayProcess) => ParentCalls,
  ) {
    this.number = number;
    const output = onOutput === undefined ? 'inherit' : 'pipe';
    this.#child = fork(module, args, {
      env: { ...process.env, ...environment, FAIRLEAD_PROCESS: String(number) },
      stdio: ['ignore', output, output, 'ipc'],
      // In the format of the structured clone, numbers like Infinity stay what they are.
      serialization: 'advanced',
    });
    // Reported by the end of the process.
    this.#child.on('error', () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (onOutput) stream?.setEncoding('utf8').on('data', onOutput);
    }
    this.#child.on('message', (message) => {
      if (isConfirmation(message)) this.#settle(message.taken, true);
    });
    this.calls = new Calls<ParentCalls, ProcessCalls>(this.#child, answers(this));
    this.#watchdog = this.#watch(
      { onSilence: () => undefined, onAnswer: () => undefined },
      { ms: START_HANG_MS, when: ' while it started' },
    );
    this.ended = this.#end();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  pass(connection: DoorName, socket: Socket): Promise<boolean> {
    if (this.#hasEnded) return Promise.resolve(false);
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#passing.set(id, { socket, resolve });
    const message: PassedConnection = { connection, id };
    // Node doesn't close connections that the process never gets, so this one stays open here until it is confirmed.
    this.#child.send(message, socket, { keepOpen: true }, (error) => {
      if (error !== null) this.#settle(id, false);
    });
    return promise;
  }

  /**
   * Kills the process from now on when its event loop doesn't answer for {@link HANG_MS}, in place of {@link START_HANG_MS}; its connections are
   * reset then.
   */
  watch(listener: Omit<WatchdogListener, 'onHang'>): void {
    this.#watchdog.close();
    this.#watchdog = this.#watch(listener, { ms: HANG_MS, when: '' });
  }

  /** Stops the process, and kills it if it hasn't ended in time; resolves to true when it answered all requests that it had then. */
  async stop(timeoutMs: number): Promise<boolean> {
    // Before, it has no requests, and no listener for the signal either.
    const { isReady } = this;
    if (!this.#hasEnded) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
    const how = await this.ended;
    clearTimeout(timer);
    return how === 0 || !isReady;
  }

  #watch(
    listener: Omit<WatchdogListener, 'onHang'>,
    { ms, when }: { readonly ms: number; readonly when: string },
  ): Watchdog {
    const onHang = (): void => {
      this.#hang = `its event loop did not answer for ${ms / 1000} s${when}`;
      this.#child.kill('SIGKILL');
    };
    return new Watchdog(this.calls, { ...listener, onHang }, ms);
  }

  async #end(): Promise<number | string> {
    const how = await once(this.#child, 'exit').then(
      ([code, signal]: (number | string | null)[]) => code ?? signal ?? 'no exit code',
      // A process that can't be started.
      (error: unknown) => String(error),
    );
    this.#hasEnded = true;
    this.isReady = false;
    this.isOpen = false;
    this.#watchdog.close();
    // Confirmations may still be in the channel.
    if (this.#child.connected) {
      await Promise.race([once(this.#child, 'disconnect'), sleep(CHANNEL_TIMEOUT_MS)]);
    }
    this.calls.close('The process has ended.');
    // A process confirms a connection before it reads from it: another one can have these.
    for (const id of this.#passing.keys()) this.#settle(id, false);
    return this.#hang ?? how;
  }

  /** Ends the passing of a connection: closes it here if it was passed. */
  #settle(id: number, isPassed: boolean): void {
    const passing = this.#passing.get(id);
    if (passing === undefined) return;
    this.#passing.delete(id);
    if (isPassed) passing.socket.destroy();
    passing.resolve(isPassed);
  }
}

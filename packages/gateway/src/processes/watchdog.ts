import type { Calls } from './calls.ts';
import type { ParentCalls, ProcessCalls } from './messages.ts';

const PING_MS = 1000;
/** A silent process gets no new connection after this time. */
const PAUSE_MS = 2000;
/** A silent process is killed after this time: none that is only busy is silent for so long. */
export const HANG_MS = 10_000;
/** The same for a process that starts: it imports its modules first, beside others that do the same, and the models that they load. */
export const START_HANG_MS = 120_000;
/** A ping waits for longer than a process lives without an answer. */
const PING_TIMEOUT_FACTOR = 10;

/** Receives what a {@link Watchdog} finds out. */
export interface WatchdogListener {
  /** The process doesn't answer for the moment. */
  onSilence(): void;
  /** The process answers again. */
  onAnswer(): void;
  /** The process has not answered for the time after which it hangs. */
  onHang(): void;
}

/**
 * Watches whether the event loop of a process answers. One that a debugger may pause never hangs.
 *
 * The time is counted in ticks of this process and not by the clock, so that a machine that was suspended ends no process.
 */
export class Watchdog {
  readonly #calls: Pick<Calls<ParentCalls, ProcessCalls>, 'call'>;
  readonly #listener: WatchdogListener;
  readonly #hangMs: number;
  readonly #timer: NodeJS.Timeout;
  #isWaiting = false;
  #isDebugged = false;
  #silentMs = 0;

  /** @param hangMs - time without an answer after which the process hangs, in milliseconds */
  constructor(
    calls: Pick<Calls<ParentCalls, ProcessCalls>, 'call'>,
    listener: WatchdogListener,
    hangMs = HANG_MS,
  ) {
    this.#calls = calls;
    this.#listener = listener;
    this.#hangMs = hangMs;
    this.#timer = setInterval(() => {
      this.#tick();
    }, PING_MS).unref();
  }

  /** Ends the watch. */
  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (!this.#isWaiting) {
      void this.#ping();
      return;
    }
    this.#silentMs += PING_MS;
    if (this.#silentMs === PAUSE_MS) this.#listener.onSilence();
    if (this.#silentMs < this.#hangMs || this.#isDebugged) return;
    this.close();
    this.#listener.onHang();
  }

  async #ping(): Promise<void> {
    this.#isWaiting = true;
    // A channel that was closed belongs to a process that ends.
    const answer = await this.#calls
      .call('ping', undefined, PING_TIMEOUT_FACTOR * this.#hangMs)
      .catch(() => undefined);
    this.#isDebugged = answer?.isDebugged === true;
    this.#isWaiting = false;
    if (this.#silentMs >= PAUSE_MS) this.#listener.onAnswer();
    this.#silentMs = 0;
  }
}

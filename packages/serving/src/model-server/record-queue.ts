import type { Tensor } from '@fairlead/signature';
import type { AnswerSignal } from '../inference/answer-signal.ts';
import type { VersionLabel } from '../inference/inference-observer.ts';
import type { InferenceRecord, InferenceRecorder } from '../inference/inference-recorder.ts';
import type { ServingEvent } from '../models/serving-event.ts';

/** Options of a {@link RecordQueue}. */
export interface RecordQueueOptions {
  readonly recorder: InferenceRecorder;
  readonly onEvent: (event: ServingEvent) => void;
  /**
   * Records that wait, or whose recording hasn't settled, at most; further ones are dropped.
   * @defaultValue 1024
   */
  readonly maxRecords?: number;
  /**
   * Bytes of their tensors, at most.
   * @defaultValue 67108864 (64 MiB)
   */
  readonly maxBytes?: number;
  /**
   * A recording that hasn't settled after so long no longer counts, in milliseconds.
   * @defaultValue 30000
   */
  readonly timeoutMs?: number;
}

/** A call of the recorder that holds the event loop for longer is followed by a pause, in milliseconds. */
const MAX_CALL_MS = 1;
/** Length of that pause, in durations of the call: a recorder takes at most a twentieth of the event loop's time. */
const PAUSE_FACTOR = 19;
const EVENT_INTERVAL_MS = 10_000;
const CLOSED = 'the server was closed';
/** When the server closes, waiting records are passed to the recorder, and what it stores is awaited, for so long, in milliseconds. */
const CLOSE_MS = 1000;

/**
 * Passes records to a recorder once their answers were sent, and bounds what a slow one costs: memory by the records that
 * wait, time by pauses after calls that block the event loop.
 */
export class RecordQueue {
  readonly #options: Required<RecordQueueOptions>;
  readonly #waiting: InferenceRecord[] = [];
  #records = 0;
  #bytes = 0;
  /** Cancels the next flush; undefined when none is scheduled. */
  #cancel: (() => void) | undefined;
  #closed = false;
  /** True once closing has sent its last event: later problems are sent at once. */
  #ended = false;
  #onEmpty: (() => void) | undefined;
  #dropped = 0;
  #failed = 0;
  #model = '';
  #reason = '';
  #reportedAt = -Infinity;
  #reportTimer: NodeJS.Timeout | undefined;

  constructor(options: RecordQueueOptions) {
    this.#options = { maxRecords: 1024, maxBytes: 64 * 1024 * 1024, timeoutMs: 30_000, ...options };
  }

  /** True if a further record would be dropped. */
  get isFull(): boolean {
    return this.#records >= this.#options.maxRecords || this.#bytes >= this.#options.maxBytes;
  }

  /** Returns whether the recorder reads the inputs of a request; where it fails to say so, it gets them. */
  readsInputs(label: VersionLabel, requestId: string | undefined): boolean {
    try {
      return this.#options.recorder.readsInputs?.(label, requestId) !== false;
    } catch {
      return true;
    }
  }

  /** Adds a record, which is forwarded when its answer was sent; without an answer, on the next turn of the event loop. */
  add(record: InferenceRecord, answer?: AnswerSignal): void {
    if (this.#closed || this.isFull) {
      this.#dropped += 1;
      this.#report(this.#closed ? CLOSED : 'too many records wait', record);
      return;
    }
    this.#records += 1;
    this.#bytes += bytesOf(record);
    if (answer === undefined) this.#push(record);
    else {
      answer.onSent(() => {
        this.#push(record);
      });
    }
  }

  /** Forwards waiting records, and waits until they are stored, for one second at most; later records are dropped. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const endsAt = performance.now() + CLOSE_MS;
    while (this.#waiting.length > 0 && performance.now() < endsAt) this.#recordNext();
    for (const record of this.#waiting.splice(0)) {
      this.#dropped += 1;
      this.#release(record);
      this.#report(CLOSED, record);
    }
    if (this.#records > 0) await this.#allReleased(endsAt);
    this.#ended = true;
    this.#send();
  }

  async #allReleased(endsAt: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, endsAt - performance.now()));
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #push(record: InferenceRecord): void {
    this.#waiting.push(record);
    if (this.#closed) this.#recordNext();
    else if (this.#cancel === undefined) this.#flushSoon();
  }

  #flushSoon(): void {
    const immediate = setImmediate(() => {
      this.#flush();
    });
    this.#cancel = () => {
      clearImmediate(immediate);
    };
  }

  #flushAfter(delayMs: number): void {
    const timer = setTimeout(() => {
      this.#flush();
    }, delayMs).unref();
    this.#cancel = () => {
      clearTimeout(timer);
    };
  }

  #flush(): void {
    this.#cancel = undefined;
    const startedAt = performance.now();
    let spentMs = 0;
    while (this.#waiting.length > 0 && spentMs <= MAX_CALL_MS) {
      this.#recordNext();
      spentMs = performance.now() - startedAt;
    }
    // Also when nothing waits: the pause holds for the next record.
    if (spentMs > MAX_CALL_MS) this.#flushAfter(spentMs * PAUSE_FACTOR);
    else if (this.#waiting.length > 0) this.#flushSoon();
  }

  #recordNext(): void {
    const record = this.#waiting.shift();
    if (record === undefined) return;
    try {
      const recording = this.#options.recorder.record(record);
      if (recording === undefined) this.#release(record);
      else this.#await(Promise.resolve(recording), record);
    } catch (error) {
      this.#fail(error, record);
      this.#release(record);
    }
  }

  #await(recording: Promise<void>, record: InferenceRecord): void {
    let settled = false;
    const settle = (): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      this.#release(record);
    };
    const timer = setTimeout(() => {
      this.#fail(`a record was not stored within ${this.#options.timeoutMs} ms`, record);
      settle();
    }, this.#options.timeoutMs).unref();
    recording.then(settle, (error: unknown) => {
      this.#fail(error, record);
      settle();
    });
  }

  #release(record: InferenceRecord): void {
    this.#records -= 1;
    this.#bytes -= bytesOf(record);
    if (this.#records === 0) this.#onEmpty?.();
  }

  #fail(error: unknown, record: InferenceRecord): void {
    this.#failed += 1;
    this.#report(error instanceof Error ? error.message : String(error), record);
  }

  /** Reports the first problem at once, then at most one event in ten seconds; every loss is in one of them. */
  #report(reason: string, { label: { model } }: InferenceRecord): void {
    this.#model = model;
    this.#reason = reason;
    const waitMs = this.#reportedAt + EVENT_INTERVAL_MS - performance.now();
    if (waitMs <= 0 || this.#ended) this.#send();
    else {
      this.#reportTimer ??= setTimeout(() => {
        this.#send();
      }, waitMs).unref();
    }
  }

  #send(): void {
    clearTimeout(this.#reportTimer);
    this.#reportTimer = undefined;
    if (this.#failed + this.#dropped === 0) return;
    this.#reportedAt = performance.now();
    this.#options.onEvent({
      type: 'record-failed',
      ...{ model: this.#model, reason: this.#reason },
      ...{ failed: this.#failed, dropped: this.#dropped },
    });
    this.#failed = 0;
    this.#dropped = 0;
  }
}

function bytesOf({ inputs, outputs }: InferenceRecord): number {
  return tensorBytes(inputs) + tensorBytes(outputs);
}

function tensorBytes(tensors: readonly Tensor[]): number {
  let bytes = 0;
  for (const { data } of tensors) {
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
    else for (const element of data) bytes += element.byteLength;
  }
  return bytes;
}

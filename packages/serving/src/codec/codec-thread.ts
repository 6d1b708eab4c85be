import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { refusal, ServingError } from '../errors/serving-error.ts';
import type { CodecResponse } from './codec-message.ts';
import type { CodecName } from './codec.ts';
import { unpackError } from './packed-error.ts';
import { packValue, unpackValue } from './packed-value.ts';

/** One call that waits for its thread, or runs there. */
export interface CodecCall {
  readonly name: CodecName;
  readonly args: readonly unknown[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Limits of one thread. */
export interface ThreadLimits {
  readonly maxHeapMebibytes: number;
  readonly timeoutMs: number;
}

// The sources run as they are under Node's type stripping; the published package holds JavaScript.
const entry = new URL(`../codec-worker/codec-worker${extname(import.meta.url)}`, import.meta.url);

/** One worker thread that runs one call at a time; what it can't finish ends it. */
export class CodecThread {
  readonly #worker: Worker;
  readonly #limits: ThreadLimits;
  readonly #onIdle: (thread: CodecThread) => void;
  readonly #onGone: (thread: CodecThread) => void;
  #call: CodecCall | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    limits: ThreadLimits,
    onIdle: (thread: CodecThread) => void,
    onGone: (thread: CodecThread) => void,
  ) {
    this.#limits = limits;
    this.#onIdle = onIdle;
    this.#onGone = onGone;
    this.#worker = new Worker(entry, {
      name: 'fairlead-codec',
      // Nothing of the process's secrets belongs there.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: limits.maxHeapMebibytes },
    });
    this.#worker.unref();
    this.#worker.on('message', (response: CodecResponse) => {
      this.#finish(response);
    });
    this.#worker.on('error', (error: Error & { readonly code?: string }) => {
      this.#lose(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooComplex(limits) : error);
    });
    this.#worker.on('exit', () => {
      this.#lose(new ServingError('ERR_SERVING_CLOSED', 'the decoding thread was stopped'));
    });
  }

  get isIdle(): boolean {
    return this.#call === undefined;
  }

  /** Runs a call; the thread must be idle. */
  run(call: CodecCall): void {
    this.#call = call;
    this.#timer = setTimeout(() => {
      const { timeoutMs } = this.#limits;
      const message = `decoding took longer than ${timeoutMs} ms; send fewer rows at once`;
      this.#lose(refusal('ERR_SERVING_DEADLINE_EXCEEDED', message));
    }, this.#limits.timeoutMs);
    const { value: args, transfer } = packValue(call.args, true);
    this.#worker.ref();
    this.#worker.postMessage({ name: call.name, args }, transfer);
  }

  /** Ends the thread at once; it runs no native code, so that this is safe. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #finish(response: CodecResponse): void {
    const call = this.#take();
    // Before the result is unpacked: the next call need not wait for that.
    this.#onIdle(this);
    if (call === undefined) return;
    if ('error' in response) call.reject(unpackError(response.error));
    else call.resolve(unpackValue(response.value));
  }

  #lose(error: Error): void {
    this.#onGone(this);
    this.#take()?.reject(error);
    void this.#worker.terminate();
  }

  #take(): CodecCall | undefined {
    clearTimeout(this.#timer);
    this.#worker.unref();
    const call = this.#call;
    this.#call = undefined;
    return call;
  }
}

function tooComplex({ maxHeapMebibytes }: ThreadLimits): ServingError {
  return refusal(
    'ERR_SERVING_BODY_TOO_LARGE',
    `to decode or to encode it takes more than ${maxHeapMebibytes} MiB of memory, the limit; send fewer rows at once`,
  );
}

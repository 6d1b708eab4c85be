import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Tensor } from '@fairlead/signature';
import type { SessionResult } from './onnx-session.ts';
import { buffersOf, packTensor, unpackTensor } from './packed-tensor.ts';
import type { SessionModel } from './session-model.ts';
import type { WorkerRequest, WorkerResponse } from './worker-message.ts';

/** The model or the thread failed; `threadLost` tells which. */
export class ThreadError extends Error {
  readonly threadLost: boolean;
  /** Whether the model was never asked, because it can't be given that. */
  readonly isInput: boolean;

  constructor(message: string, threadLost: boolean, isInput = false) {
    super(message);
    this.threadLost = threadLost;
    this.isInput = isInput;
  }
}

// The sources run as they are under Node's type stripping; the published package holds JavaScript.
const entry = new URL(`./onnx-worker${extname(import.meta.url)}`, import.meta.url);

const CLOSE: WorkerRequest = { type: 'close' };

/** One worker thread that holds one session; runs one execution at a time. */
export class OnnxThread {
  readonly #worker: Worker;
  readonly #gone = Promise.withResolvers<undefined>();
  #pending: PromiseWithResolvers<WorkerResponse> | undefined;
  #lost: string | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (response: WorkerResponse) => {
      this.#settle((pending) => {
        pending.resolve(response);
      });
    });
    worker.on('error', (error) => {
      this.#lose(error instanceof Error ? error.message : String(error));
    });
    worker.on('exit', (code) => {
      this.#lose(`the thread ended with code ${code}`);
    });
  }

  /**
   * Starts a thread and loads the model in it.
   *
   * @throws ThreadError when the model can't be loaded.
   */
  static async start(model: SessionModel): Promise<OnnxThread> {
    const thread = new OnnxThread(new Worker(entry, { name: 'fairlead-onnx' }));
    const bytes = movable(model.bytes);
    const externalData = model.externalData.map(({ path, data }) => ({
      path,
      data: movable(data),
    }));
    const moved = new Set(
      [bytes, ...externalData.map(({ data }) => data)].map((each) => each.buffer),
    );
    try {
      await thread.#ask({ type: 'load', model: { ...model, bytes, externalData } }, [...moved]);
    } catch (error) {
      thread.abandon('the model could not be loaded');
      throw error;
    }
    return thread;
  }

  /** Resolves when the thread is gone, for whatever reason; see {@link OnnxThread.lost}. */
  get gone(): Promise<unknown> {
    return this.#gone.promise;
  }

  /** Why the thread is gone; undefined while it lives. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /**
   * Runs the model; the caller sees to it that only one execution runs at a time.
   *
   * With `move`, the inputs' storage is handed to the thread rather than copied.
   */
  async run(inputs: readonly Tensor[], move: boolean): Promise<SessionResult> {
    const packed = (move ? inputs : inputs.map(withOwnStorage)).map(packTensor);
    const result = await this.#ask({ type: 'run', inputs: packed }, buffersOf(packed));
    if (result.type === 'done') {
      const { outputs, computeDurationMs } = result;
      return { outputs: outputs.map(unpackTensor), computeDurationMs };
    }
    throw new ThreadError(`the thread answered "${result.type}" to "run"`, false);
  }

  /** Gives the session back and ends the thread once it is idle; waits for that. */
  async close(): Promise<void> {
    this.#worker.postMessage(CLOSE);
    await this.#gone.promise;
  }

  /**
   * Gives the thread up at once: it ends as soon as what it computes returns, and nobody waits for it.
   *
   * Not by `terminate()`: that can't interrupt native code, and when the native code returns into a terminated thread
   * onnxruntime-node throws where nothing catches, which aborts the whole process.
   */
  abandon(reason: string): void {
    this.#worker.postMessage(CLOSE);
    this.#lose(reason);
  }

  #lose(reason: string): void {
    this.#lost ??= reason;
    const error = new ThreadError(this.#lost, true);
    this.#settle((pending) => {
      pending.reject(error);
    });
    this.#gone.resolve(undefined);
  }

  async #ask(
    request: WorkerRequest,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<WorkerResponse> {
    if (this.#lost !== undefined) throw new ThreadError(this.#lost, true);
    this.#pending = Promise.withResolvers();
    this.#worker.postMessage(request, transfer);
    const response = await this.#pending.promise;
    if (response.type === 'failed') {
      throw new ThreadError(response.message, false, response.isInput);
    }
    return response;
  }

  #settle(how: (pending: PromiseWithResolvers<WorkerResponse>) => void): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) how(pending);
  }
}

/** What shares its buffer can't be moved, and would be copied with all that is in the buffer. */
function withOwnStorage(tensor: Tensor): Tensor {
  return tensor.datatype === 'BYTES'
    ? tensor
    : ({ ...tensor, data: tensor.data.slice() } as Tensor);
}

/** Only a buffer that holds nothing else can be moved: small files share Node's pool. */
function movable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const whole = buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength;
  return whole ? new Uint8Array(buffer) : Uint8Array.from(bytes);
}

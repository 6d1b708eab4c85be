import { datatypes, type Signature, type Tensor } from '@fairlead/signature';
import { hasBatchDimension } from '../scheduling/batch-limits.ts';
import { packBatch } from '../scheduling/pack-batch.ts';
import type { MemoryMeter } from './memory-meter.ts';
import type { OnnxSession, SessionResult } from './onnx-session.ts';
import type { ModelFile } from './session-model.ts';
import { timeSession, type Timing } from './time-session.ts';

/** Processor time that a load took in the worker, and may keep the event loop from everything else, in milliseconds. */
const MAX_LOAD_MS = 20;
/** Larger files aren't worth a second copy in memory. */
const MOST_MODEL_BYTES = 8 * 1024 * 1024;
/** Time that an execution may block the event loop, in milliseconds. */
const MOST_BLOCKING_MS = 0.5;
/** A shorter execution costs the event loop no more than the messages to and from a worker. */
const TRIFLING_MS = 0.1;
/** While a request with more bytes is computed, the event loop receives the next one, where there is a second core. */
const MAX_INPUT_BYTES = 64 * 1024;
/** Row counts that are tried, the largest first. */
const ROW_COUNTS = [64, 16, 4, 1];
/** Copies of the sample that are tried take no more memory than this. */
const MAX_SAMPLE_BYTES = 1024 * 1024;
/** Operators that repeat as often as the data say: no measurement bounds them. */
const LOOPS = ['Loop', 'Scan'];

/**
 * A small model in the thread of the event loop, where it is faster than the message to a worker.
 *
 * Only for executions of few rows, which were measured to be over at once; and while others are executed, only for those
 * that are trifles, since a worker computes beside the event loop.
 */
export class InProcessSession {
  /** Measurement, in words. */
  readonly reason: string;
  /** Memory that it takes, estimated. */
  readonly residentBytes: number;
  readonly #session: OnnxSession;
  readonly #maxRows: number;
  readonly #maxRowsAlone: number;
  readonly #maxBytesAlone: number;

  private constructor(
    session: OnnxSession,
    limits: RowLimits,
    reason: string,
    residentBytes: number,
  ) {
    this.residentBytes = residentBytes;
    this.#session = session;
    this.#maxRows = limits.always;
    this.#maxRowsAlone = limits.alone;
    this.#maxBytesAlone = limits.aloneBytes;
    this.reason = reason;
  }

  /**
   * Loads and measures a model; undefined when it isn't tiny, or no faster than in its worker.
   *
   * @param cores - cores that the process may use: with a single one, a worker computes in place of the event loop, not beside it
   *
   * A model that took longer than 20 ms to load in its worker isn't loaded here, where it would block the event loop.
   */
  static async measure(
    readModel: () => Promise<ModelFile>,
    signature: Signature,
    sample: readonly Tensor[],
    worker: WorkerTiming,
    { meter, cores }: { readonly meter: MemoryMeter; readonly cores: number },
  ): Promise<InProcessSession | undefined> {
    if (worker.loadCpuMs > MAX_LOAD_MS) return undefined;
    if (worker.computeMs > MOST_BLOCKING_MS || !isBounded(signature)) return undefined;
    const model = await readModel();
    if (model.externalData.length > 0) return undefined;
    if (model.bytes.length > MOST_MODEL_BYTES || repeats(model.bytes)) return undefined;
    // Not before it is needed: a process without tiny models does without the native library in its main thread.
    const { OnnxSession } = await import('./onnx-session.ts');
    const load = () => OnnxSession.load({ ...model, intraOpThreads: 1 });
    const [session, residentBytes] = await meter.measure(model.bytes.length, load);
    const run = (inputs: readonly Tensor[]): Promise<SessionResult> => session.run(inputs);
    const single = await timeSession(run, sample);
    if (
      single !== undefined &&
      single.computeMs <= MOST_BLOCKING_MS &&
      single.roundTripMs < worker.roundTripMs
    ) {
      const alone = Math.max(1, ...sample.map(({ shape }) => shape[0] ?? 1));
      const aloneBytes = cores === 1 ? Infinity : MAX_INPUT_BYTES;
      const limits = { always: await mostRows(run, sample, signature), alone, aloneBytes };
      const gain = `${single.roundTripMs.toFixed(3)} ms in process, ${worker.roundTripMs.toFixed(3)} ms by a worker`;
      const rows = `up to ${Math.max(limits.always, limits.alone)} rows`;
      const when = limits.always > 0 ? rows : `${rows} while nothing else is executed`;
      return new InProcessSession(session, limits, `${when}: ${gain}`, residentBytes);
    }
    await session.release();
    return undefined;
  }

  /** Returns whether an execution is small enough; `alone` is true if no other one runs. */
  takes(inputs: readonly Tensor[], alone: boolean): boolean {
    const mayBeLonger = alone && bytesOf(inputs) <= this.#maxBytesAlone;
    const most = mayBeLonger ? Math.max(this.#maxRows, this.#maxRowsAlone) : this.#maxRows;
    return inputs.every(({ shape }) => (shape[0] ?? 1) <= most);
  }

  run(inputs: readonly Tensor[]): Promise<SessionResult> {
    return this.#session.run(inputs);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** Measurement in the model's worker. */
export interface WorkerTiming extends Timing {
  /** Processor time that the model took to load, in milliseconds. */
  readonly loadCpuMs: number;
}

/** Maximum number of rows of an execution. */
interface RowLimits {
  readonly always: number;
  /** While no other execution runs. */
  readonly alone: number;
  /** Maximum number of bytes of such an execution. */
  readonly aloneBytes: number;
}

/** The most rows whose execution is a trifle; 0 when not even the sample's is. */
async function mostRows(
  run: (inputs: readonly Tensor[]) => Promise<SessionResult>,
  sample: readonly Tensor[],
  signature: Signature,
): Promise<number> {
  // Only along a first dimension that varies can a request have more rows than the sample; a scalar has none at all.
  const rowCounts = hasBatchDimension(signature) ? ROW_COUNTS : [1];
  for (const rows of rowCounts) {
    const copies = Math.max(1, Math.floor(rows / Math.max(1, sample[0]?.shape[0] ?? 1)));
    if (copies * bytesOf(sample) > MAX_SAMPLE_BYTES) continue;
    const inputs = copies === 1 ? sample : packBatch(Array.from({ length: copies }, () => sample));
    const timing = await timeSession(run, inputs);
    if (timing !== undefined && timing.computeMs <= TRIFLING_MS) {
      return Math.max(1, ...inputs.map(({ shape }) => shape[0] ?? 1));
    }
  }
  return 0;
}

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce(
    (sum, { datatype, data }) => sum + data.length * (datatypes[datatype].elementBytes ?? 0),
    0,
  );
}

/** Returns whether the number of rows alone determines the amount of computation. */
function isBounded({ inputs, outputs }: Signature): boolean {
  return [...inputs, ...outputs].every(
    ({ datatype, shape }) =>
      // onnxruntime-node reads half precision only where the global Float16Array was taken away: in a worker.
      datatype !== 'FP16' && datatype !== 'BYTES' && !shape.slice(1).includes(-1),
  );
}

function repeats(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return LOOPS.some((operator) => file.includes(operator));
}

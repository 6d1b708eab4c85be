import type { Tensor } from '@fairlead/signature';
import { HostError } from './host-error.ts';
import type { OnnxHost } from './onnx-host.ts';
import type { SessionResult } from './onnx-session.ts';
import { buffersOf, packTensor, unpackTensor } from '../codec/packed-tensor.ts';
import type { LoadCost, ModelFacts } from './worker-message.ts';

const UNLOAD_TIMEOUT_MS = 60_000;
const NOTHING: LoadCost = { cpuMs: Infinity };
const NO_FACTS: ModelFacts = { crashRisk: undefined, rowAnalysis: undefined };

/** One loaded model in a worker. */
export class HostedSession {
  readonly host: OnnxHost;
  readonly #id: number;
  /** Time that the load took in the worker. */
  cost: LoadCost = NOTHING;
  /** Description of the model's file, by the worker. */
  facts: ModelFacts = NO_FACTS;
  /** Returns whether an execution, or the load itself, exceeded its time limit. */
  hung = false;
  readonly #onHang: () => void;

  constructor(host: OnnxHost, id: number, onHang: () => void) {
    this.host = host;
    this.#id = id;
    this.#onHang = onHang;
  }

  /** Records that an execution, or the load itself, exceeded its time limit. */
  markHung(): void {
    this.hung = true;
    this.#onHang();
  }

  /**
   * Runs the model, after what the worker has to do for others.
   *
   * With `move`, the inputs' storage is handed to the thread rather than copied.
   */
  async run(inputs: readonly Tensor[], move: boolean, timeoutMs: number): Promise<SessionResult> {
    const answer = await this.host.ask({
      session: this,
      message: () => {
        const packed = (move ? inputs : inputs.map(withOwnStorage)).map(packTensor);
        return [{ type: 'run', session: this.#id, inputs: packed }, buffersOf(packed)];
      },
      timeoutMs,
      what: 'an execution',
    });
    if (answer.type !== 'done')
      throw new HostError(`the worker answered "${answer.type}" to "run"`);
    const { outputs, computeDurationMs } = answer;
    return { outputs: outputs.map(unpackTensor), computeDurationMs };
  }

  /** Releases the model's memory; waits for that. The worker stays. */
  async unload(): Promise<void> {
    const unloaded = this.host.ask({
      session: this,
      message: () => [{ type: 'unload', session: this.#id }, []],
      timeoutMs: UNLOAD_TIMEOUT_MS,
      what: 'unloading a model',
    });
    this.host.forget(this);
    // A worker that has ended holds nothing.
    await unloaded.catch(() => undefined);
  }

  /** Fails the execution that runs, and releases the model's memory after it; waits for neither. */
  abandon(reason: string): void {
    this.host.drop(this, reason);
    void this.unload();
  }
}

/** Data that shares its buffer can't be moved, and would be copied with the whole buffer. */
function withOwnStorage(tensor: Tensor): Tensor {
  return tensor.datatype === 'BYTES'
    ? tensor
    : ({ ...tensor, data: tensor.data.slice() } as Tensor);
}

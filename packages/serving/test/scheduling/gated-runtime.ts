import type { Tensor } from '@fairlead/signature';
import { ServingError, type Execution, type Runtime } from '@fairlead/serving';

/** One execution that waits until the test releases it. */
interface Gate {
  readonly rows: readonly number[];
  open(): void;
}

/** Value that makes a row fail, as a bad index would in a model. */
export const POISON = -1;

/**
 * A runtime that doubles its input `x` ([rows, width], FP32), so that each output identifies its request.
 *
 * With `gated`, executions wait until the test opens them; a batch with a poisoned row fails whole, as models do.
 */
export class GatedRuntime implements Runtime {
  readonly platform = 'test';
  readonly concurrency: number;
  readonly executed: (readonly number[])[] = [];
  readonly gates: Gate[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #gated: boolean;
  executing = 0;
  mostExecuting = 0;

  constructor({ concurrency = 1, gated = true } = {}) {
    this.concurrency = concurrency;
    this.#gated = gated;
  }

  async execute(
    inputs: readonly Tensor[],
    { signal }: { signal: AbortSignal },
  ): Promise<Execution> {
    const [x] = inputs;
    if (x?.datatype !== 'FP32') throw new Error('expected x');
    const data = new Float32Array(x.data);
    this.executing += 1;
    this.mostExecuting = Math.max(this.mostExecuting, this.executing);
    this.signals.push(signal);
    this.executed.push([...data]);
    if (this.#gated) {
      await new Promise<void>((resolve) => {
        this.gates.push({ rows: [...data], open: resolve });
      });
    } else {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.executing -= 1;
    if (data.includes(POISON)) throw new ServingError('ERR_SERVING_RUN_FAILED', 'poison');
    const doubled = data.map((value) => value * 2);
    return {
      outputs: [{ name: 'y', datatype: 'FP32', shape: x.shape, data: doubled }],
      computeDurationMs: 1,
    };
  }

  unhealthy(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The input of one request: `rows` × `width` elements, all of one value. */
export function rowsOf(value: number, rows = 1, width = 1): Tensor {
  return {
    name: 'x',
    datatype: 'FP32',
    shape: [rows, width],
    data: new Float32Array(rows * width).fill(value),
  };
}

import type { Tensor } from '@fairlead/signature';
import {
  ServingError,
  type Execution,
  type ExecutionContext,
  type Runtime,
} from '@fairlead/serving';
import type { IdentifyingModel } from './identifying-model.ts';

/** One execution that waits until the interleaving lets it end. */
export interface Gate {
  /** Whose rows are in it. */
  readonly owners: readonly number[];
  /** Lets it answer, or fail as a whole. */
  open(outcome: 'answer' | 'crash'): void;
}

/** Listeners of a {@link GatedModelRuntime}. */
export interface RuntimeWatch {
  readonly onStart: (runtime: GatedModelRuntime, inputs: readonly Tensor[]) => void;
  readonly gates: Gate[];
}

/** Runs an {@link IdentifyingModel} in memory; each execution but those of the warm-up waits at a gate. */
export class GatedModelRuntime implements Runtime {
  readonly platform = 'identifying';
  readonly model: string;
  readonly version: number;
  readonly kind: IdentifyingModel;
  readonly concurrency: number;
  readonly #code: number;
  readonly #watch: RuntimeWatch;
  readonly #failing = new Set<() => void>();
  executing = 0;
  closings = 0;

  constructor(
    { kind, ...of }: { model: string; version: number; kind: IdentifyingModel; code: number },
    concurrency: number,
    watch: RuntimeWatch,
  ) {
    this.model = of.model;
    this.version = of.version;
    this.kind = kind;
    this.concurrency = concurrency;
    this.#code = of.code;
    this.#watch = watch;
  }

  async execute(inputs: readonly Tensor[], context: ExecutionContext): Promise<Execution> {
    const { kind } = this;
    const owners = kind.ownersOf(inputs);
    // A warm-up, which is of no request.
    if (context.requestIds.length === 0) {
      return { outputs: kind.run(inputs, this.#code), computeDurationMs: 1 };
    }
    this.executing += 1;
    this.#watch.onStart(this, inputs);
    // As a worker has it: what is owned moves there at once, and everything else may still be read when it is its turn.
    const taken = context.ownsInputs ? inputs.map(move) : inputs;
    try {
      await this.#pass(owners);
    } finally {
      this.executing -= 1;
    }
    if (kind.isPoisoned(taken)) throw new ServingError('ERR_SERVING_RUN_FAILED', 'poison');
    return { outputs: kind.run(taken, this.#code), computeDurationMs: 1 };
  }

  unhealthy(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    this.closings += 1;
    for (const fail of this.#failing) fail();
    return Promise.resolve();
  }

  async #pass(owners: readonly number[]): Promise<void> {
    const { gates } = this.#watch;
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#failing.delete(unload);
        const place = gates.indexOf(gate);
        if (place !== -1) gates.splice(place, 1);
      };
      const unload = (): void => {
        leave();
        reject(new ServingError('ERR_SERVING_CLOSED', 'unloaded while it executed'));
      };
      const gate: Gate = {
        owners,
        open(outcome) {
          leave();
          if (outcome === 'answer') resolve();
          else reject(new ServingError('ERR_SERVING_RUN_FAILED', 'crashed'));
        },
      };
      this.#failing.add(unload);
      gates.push(gate);
    });
  }
}

/** Returns the tensor elsewhere; nothing is left where it was, nor in other views of its buffer. */
function move(tensor: Tensor): Tensor {
  if (tensor.datatype === 'BYTES') return tensor;
  const moved = { ...tensor, data: tensor.data.slice() } as Tensor;
  (tensor.data.buffer as ArrayBuffer).transfer(0);
  return moved;
}

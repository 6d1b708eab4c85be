import type { Datatype, Tensor } from '@fairlead/signature';

/** One output that the worker returns, with the datatype that the signature promises. */
export interface WorkerOutput {
  readonly name: string;
  readonly datatype: Datatype;
}

/** What a worker loads, first of all. */
export interface WorkerModel {
  /** The model file; its buffer is moved to the worker, not copied. */
  readonly bytes: Uint8Array;
  /** Names of the inputs that the signature has, to be compared with the model's own. */
  readonly inputs: readonly string[];
  readonly outputs: readonly WorkerOutput[];
  readonly intraOpThreads: number;
}

/** To the worker: load the model once, run it, give it back and end. */
export type WorkerRequest =
  | { readonly type: 'load'; readonly model: WorkerModel }
  | { readonly type: 'run'; readonly inputs: readonly Tensor[] }
  | { readonly type: 'close' };

/** From the worker: `load` is answered by `ready` or `failed`, `run` by `done` or `failed`. */
export type WorkerResponse =
  | { readonly type: 'ready' }
  | {
      readonly type: 'done';
      readonly outputs: readonly Tensor[];
      readonly computeDurationMs: number;
    }
  | { readonly type: 'failed'; readonly message: string };

import type { PackedTensor } from './packed-tensor.ts';
import type { SessionModel } from './session-model.ts';

/** A request to a worker, which holds several sessions and handles one request at a time. */
export type WorkerRequest =
  /** Loads a model once; its buffers are moved to a thread, and copied to a process. */
  | { readonly type: 'load'; readonly session: number; readonly model: SessionModel }
  | { readonly type: 'run'; readonly session: number; readonly inputs: readonly PackedTensor[] }
  | { readonly type: 'unload'; readonly session: number }
  /** Releases all sessions and ends the worker; has no response. */
  | { readonly type: 'close' };

/** A worker's response: to `load` it is `ready`, to `run` `done`, to `unload` `unloaded`; to each of them `failed`. */
export type WorkerResponse =
  /** The worker can load models; sent once. */
  | { readonly type: 'started' }
  | { readonly type: 'ready'; readonly cost: LoadCost }
  | { readonly type: 'unloaded' }
  | {
      readonly type: 'done';
      readonly outputs: readonly PackedTensor[];
      readonly computeDurationMs: number;
    }
  | {
      readonly type: 'failed';
      readonly message: string;
      /** Whether the inputs can't be given to the model, so that it didn't run. */
      readonly isInput: boolean;
    };

/** Time that loading a model took in the worker. */
export interface LoadCost {
  /** Milliseconds of processor time of the loading thread; wall-clock time where Node.js can't measure that. */
  readonly cpuMs: number;
}

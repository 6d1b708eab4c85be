import type { PackedTensor } from './packed-tensor.ts';
import type { SessionModel } from './session-model.ts';

/** To the worker: load the model once (its buffer is moved there, not copied), run it, give it back and end. */
export type WorkerRequest =
  | { readonly type: 'load'; readonly model: SessionModel }
  | { readonly type: 'run'; readonly inputs: readonly PackedTensor[] }
  | { readonly type: 'close' };

/** From the worker: `load` is answered by `ready` or `failed`, `run` by `done` or `failed`. */
export type WorkerResponse =
  | { readonly type: 'ready' }
  | {
      readonly type: 'done';
      readonly outputs: readonly PackedTensor[];
      readonly computeDurationMs: number;
    }
  | {
      readonly type: 'failed';
      readonly message: string;
      /** Whether the model was never asked, because it can't be given that. */
      readonly isInput: boolean;
    };

import type { RowAnalysis } from '../runtime/runtime.ts';
import type { PackedTensor } from '../codec/packed-tensor.ts';
import type { SessionModel } from './session-model.ts';

/** A request to a worker, which holds several sessions and handles one request at a time. */
export type WorkerRequest =
  /** Loads a model once; its buffers are moved to a thread, and copied to a process. */
  | { readonly type: 'load'; readonly session: number; readonly model: SessionModel }
  | { readonly type: 'run'; readonly session: number; readonly inputs: readonly PackedTensor[] }
  | { readonly type: 'unload'; readonly session: number }
  /** Releases all sessions and ends the worker; has no response. */
  | { readonly type: 'close' };

/** A worker's response: to `load` it is `ready` or `unsafe`, to `run` `done`, to `unload` `unloaded`; to each of them `failed`. */
export type WorkerResponse =
  /** The worker can load models; sent once. */
  | {
      readonly type: 'started';
      /** Folder in `/proc` of its thread, if that has the lowest priority. */
      readonly threadFolder?: string | undefined;
    }
  | { readonly type: 'ready'; readonly cost: LoadCost; readonly facts: ModelFacts }
  /** The model wasn't loaded, for an execution of it can end the process that this thread is in. */
  | { readonly type: 'unsafe'; readonly crashRisk: string }
  | { readonly type: 'unloaded' }
  | {
      readonly type: 'done';
      readonly outputs: readonly PackedTensor[];
      readonly computeDurationMs: number;
    }
  | {
      readonly type: 'failed';
      readonly message: string;
      /** True if the inputs can't be given to the model, so that it didn't run. */
      readonly isInput: boolean;
    };

/** Facts that the file of a model shows. */
export interface ModelFacts {
  /** Reason why an execution can end its process; undefined when none can. */
  readonly crashRisk: string | undefined;
  /** True if its rows influence each other; undefined when that wasn't to be analyzed. */
  readonly rowAnalysis: RowAnalysis | undefined;
}

/** Time that loading a model took in the worker. */
export interface LoadCost {
  /** Milliseconds of processor time of the loading thread; wall-clock time where Node.js can't measure that. */
  readonly cpuMs: number;
}

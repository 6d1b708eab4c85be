import type { FallbackReason } from '../inference/fallback-note.ts';
import type { RuntimeMemory, RuntimePlacement } from '../runtime/runtime.ts';

/** What happens to models on their own, for the log. */
export type ServingEvent =
  | {
      readonly type: 'swapped';
      readonly model: string;
      readonly version: number;
      /** The alias whose version it is; absent for the alias that answers by default. */
      readonly alias?: string;
      /** The version that it replaced. */
      readonly previous?: number;
      /** Whether its requests share executions. */
      readonly batching: boolean;
      /** Why they do, or don't. */
      readonly batchingReason: string;
      /** Why the version was not run before it was put in place, if it wasn't. */
      readonly untried?: string;
      /** Where it computes, and why there; of runtimes that decide that. */
      readonly placement?: RuntimePlacement;
      /** Memory that it takes; of runtimes that measure that. */
      readonly memory?: RuntimeMemory;
      readonly loadDurationMs: number;
    }
  | { readonly type: 'unloaded'; readonly model: string; readonly version: number }
  | {
      readonly type: 'load-failed' | 'unload-failed';
      readonly model: string;
      readonly version: number;
      readonly error: unknown;
      /** `false` for a version that hung too often to be loaded again before its alias moves. */
      readonly triedAgain?: boolean;
    }
  | {
      readonly type: 'follow-failed';
      readonly model: string;
      readonly alias: string;
      readonly error: unknown;
    }
  | {
      /** A runtime failed too often and is left alone for a while. */
      readonly type: 'circuit-opened';
      readonly model: string;
      readonly version: number;
      readonly reason: string;
      readonly retryAfterMs: number;
    }
  | { readonly type: 'circuit-closed'; readonly model: string; readonly version: number }
  | {
      /** Requests were answered by a fallback: the first at once, then at most one event in ten seconds for a model. */
      readonly type: 'fell-back';
      readonly model: string;
      readonly fallbackModel: string;
      readonly fallbackVersion: string;
      readonly reason: FallbackReason;
      /** Requests since the last such event. */
      readonly requests: number;
    }
  | {
      /** A fallback is never asked, because it can't stand in for the model. */
      readonly type: 'fallback-unfit';
      readonly model: string;
      readonly fallbackModel: string;
      readonly reason: string;
    }
  | {
      /** A router threw, or chose a version that isn't live: the first time at once, then at most once in ten seconds for a model. */
      readonly type: 'route-failed';
      readonly model: string;
      readonly reason: string;
    }
  | {
      /** Inferences were not recorded: the first time at once, then at most one event in ten seconds. */
      readonly type: 'record-failed';
      /** The model of the last of them. */
      readonly model: string;
      readonly reason: string;
      /** Records that the recorder failed to store since the last such event. */
      readonly failed: number;
      /** Records that were dropped because too many waited, since then. */
      readonly dropped: number;
    }
  | {
      readonly type: 'worker-lost' | 'move-failed';
      readonly model: string;
      readonly version: number;
      readonly reason: string;
    };

import type { FallbackReason } from '../inference/fallback-note.ts';
import type { RuntimeMemory, RuntimePlacement } from '../runtime/runtime.ts';

/** Event of a model that no request causes directly, for the log. */
export type ServingEvent =
  | {
      readonly type: 'swapped';
      readonly model: string;
      readonly version: number;
      /** The alias whose version it is; absent for the alias that answers by default. */
      readonly alias?: string;
      /** The version that it replaced. */
      readonly previous?: number;
      /** True if it only computes copies of requests. */
      readonly isBackground?: boolean;
      /** True if its requests share executions. */
      readonly batching: boolean;
      /** Reason of that decision. */
      readonly batchingReason: string;
      /** Reason why the version was not executed before its first request; absent when it was. */
      readonly validationSkipped?: string;
      /** Thread or process that computes, with the reason; of runtimes that decide it. */
      readonly placement?: RuntimePlacement;
      /** Memory of the version; of runtimes that measure it. */
      readonly memory?: RuntimeMemory;
      readonly loadDurationMs: number;
    }
  | { readonly type: 'unloaded'; readonly model: string; readonly version: number }
  | {
      readonly type: 'load-failed' | 'unload-failed';
      readonly model: string;
      readonly version: number;
      readonly error: unknown;
      /** `false` for a version that hung too often: it isn't loaded again before its alias moves. */
      readonly willRetry?: boolean;
    }
  | {
      readonly type: 'follow-failed';
      readonly model: string;
      readonly alias: string;
      readonly error: unknown;
    }
  | {
      /** A runtime failed too often, and gets no requests for `retryAfterMs`. */
      readonly type: 'circuit-opened';
      readonly model: string;
      readonly version: number;
      readonly reason: string;
      readonly retryAfterMs: number;
    }
  | { readonly type: 'circuit-closed'; readonly model: string; readonly version: number }
  | {
      /** Requests were answered by a fallback: the first at once, then at most one event in ten seconds for a model. */
      readonly type: 'fallback-used';
      readonly model: string;
      readonly fallbackModel: string;
      readonly fallbackVersion: string;
      readonly reason: FallbackReason;
      /** Requests since the last such event. */
      readonly requests: number;
    }
  | {
      /** A fallback is never called, because its signature is incompatible with the model's. */
      readonly type: 'fallback-incompatible';
      readonly model: string;
      readonly fallbackModel: string;
      readonly reason: string;
    }
  | {
      /** A router threw, returned no choice, or chose a version that isn't live: the first time at once, then at most once in ten seconds for a model. */
      readonly type: 'route-failed';
      readonly model: string;
      readonly reason: string;
    }
  | {
      /** The observer threw, which costs no request anything: the first time at once, then at most one event in ten seconds. */
      readonly type: 'observer-failed';
      /** The model of the last call. */
      readonly model: string;
      readonly reason: string;
      /** Calls that failed since the last such event. */
      readonly failed: number;
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

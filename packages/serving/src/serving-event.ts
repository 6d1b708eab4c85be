import type { RuntimePlacement } from './runtime.ts';

/** What happens to models on their own, for the log. */
export type ServingEvent =
  | {
      readonly type: 'swapped';
      readonly model: string;
      readonly version: number;
      readonly previous?: number;
      /** Whether its requests share executions. */
      readonly batching: boolean;
      /** Where it computes, and why there; of runtimes that decide that. */
      readonly placement?: RuntimePlacement;
      readonly loadDurationMs: number;
    }
  | { readonly type: 'unloaded'; readonly model: string; readonly version: number }
  | {
      readonly type: 'load-failed' | 'unload-failed';
      readonly model: string;
      readonly version: number;
      readonly error: unknown;
    }
  | {
      readonly type: 'follow-failed';
      readonly model: string;
      readonly alias: string;
      readonly error: unknown;
    }
  | {
      readonly type: 'worker-lost';
      readonly model: string;
      readonly version: number;
      readonly reason: string;
    };

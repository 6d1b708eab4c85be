/** Requests that the load generator sends, all the same. */
export interface LoadTarget {
  /** Port on 127.0.0.1. */
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Order for the load generator: so many requests at once, or at a rate that doesn't depend on responses. */
export type LoadOrder = {
  readonly target: LoadTarget;
  readonly seconds: number;
} & (
  | { readonly connections: number }
  | {
      readonly perSecond: number;
      /** Seed of the random gaps between requests. */
      readonly seed: number;
    }
);

/** Observations of the load generator. */
export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the load generator, in seconds. */
  readonly processorSeconds: number;
}

import type { MetricsSnapshot } from '@fairlead/monitoring';
import type { Taken, TakeRequest } from './shared-limits.ts';

/** Time for an answer of another process of the host. */
export const ANSWER_TIMEOUT_MS = 2000;

/** What a process asks the one that started it, by the names of the calls. */
export interface ParentCalls {
  /** The process answers requests. */
  ready: (payload: undefined) => void;
  /** Last metrics of a process that ends. */
  last: (own: MetricsSnapshot) => void;
  /** Some metrics of all processes, by their names. */
  metrics: (names: readonly string[]) => Promise<MetricsSnapshot>;
  /** Newest metrics of all processes as text for Prometheus, with those of the process that asks. */
  page: (own: MetricsSnapshot) => Promise<string>;
  /** Requests of a client's window. */
  take: (request: TakeRequest) => Taken;
}

/** What is asked of a process. */
export interface ProcessCalls {
  /** Its own metrics. */
  metrics: (payload: undefined) => Promise<MetricsSnapshot>;
}

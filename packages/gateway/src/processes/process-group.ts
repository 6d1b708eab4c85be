import type { MetricsSnapshot } from '@fairlead/monitoring';
import type { RateLimitStore } from '@fairlead/security';

/** The processes of a gateway, as one of them sees them. */
export interface ProcessGroup {
  /** Number of this process, from 1. */
  readonly number: number;
  readonly count: number;
  /** Takes part in the metrics of all processes. */
  measure(read: () => Promise<MetricsSnapshot>): void;
  /** Returns some metrics of all processes, which are a few seconds old. */
  metrics(names: readonly string[]): Promise<MetricsSnapshot>;
  /** Returns the metrics of all processes as text for Prometheus. */
  metricsPage(): Promise<string>;
  /** Creates the store of a limiter that all processes share. */
  rateLimitStore(limiter: string): RateLimitStore;
}

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorGroup, MetricsSnapshot } from '@fairlead/monitoring';
import type { SharedCounts } from '@fairlead/security';
import type { MetricBatch } from './metric-batch.ts';
import type { NoticeChange } from './notice-change.ts';

/** Takes a connection that another process has accepted. */
export type TakeConnection = (socket: Socket) => void;

/** Metrics of one process, such as a registry of prom-client. */
export interface ProcessMetricsSource {
  getMetricsAsJSON(): Promise<MetricsSnapshot>;
}

/** The processes of a gateway, as one of them sees them. */
export interface ProcessGroup {
  /**
   * Serves the connections that are passed to this process.
   *
   * @throws Error naming the variable of an address that can't be listened on.
   */
  open(servers: {
    readonly http: Server;
    readonly grpc: TakeConnection | undefined;
  }): Promise<void>;
  /** Takes no more connections; resolves when those of HTTP have ended. */
  endConnections(): Promise<void>;
  /** Takes part in the metrics and the error groups of all processes. */
  measure(metrics: ProcessMetricsSource, errors: () => readonly ErrorGroup[]): void;
  /** Returns the error groups of all processes, the one with the latest error first. */
  errorGroups(): Promise<readonly ErrorGroup[]>;
  /** Returns some metrics of all processes, which are a few seconds old. */
  metrics(names: readonly string[]): Promise<MetricsSnapshot>;
  /** Returns the metrics of all processes as text for Prometheus. */
  metricsPage(): Promise<string>;
  /** Has what this process has measured published to CloudWatch, together with that of the others. */
  publish(batch: MetricBatch): Promise<void>;
  /** Has the notices about changed conditions sent, once for all processes. */
  notify(changes: readonly NoticeChange[]): Promise<void>;
  /** Counts of clients that all processes of the host share. */
  readonly counts: SharedCounts;
}

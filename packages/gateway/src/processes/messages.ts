import type { ErrorGroup, MetricsSnapshot } from '@fairlead/monitoring';
import type { Taken, TakeRequest } from '@fairlead/security';
import type { MetricBatch } from '../process-group/metric-batch.ts';
import type { NoticeChange } from '../process-group/notice-change.ts';
import type { DoorName } from './doors.ts';

/** Time for an answer of another process of the host. */
export const ANSWER_TIMEOUT_MS = 2000;
/** Time for an answer that a third process waits for: one that hangs must not be in its way. */
export const NESTED_TIMEOUT_MS = 1000;

/** Calls of a process to the one that started it. */
export interface ParentCalls {
  /** The process takes connections from now on. */
  open: (payload: undefined) => Promise<void>;
  /** The process takes no more connections than those that were passed to it before the answer. */
  close: (payload: undefined) => void;
  /** The process answers requests. */
  ready: (payload: undefined) => void;
  /** Last metrics of a process that ends. */
  last: (own: MetricsSnapshot) => void;
  /** Some metrics of all processes, by their names. */
  metrics: (names: readonly string[]) => Promise<MetricsSnapshot>;
  /** Error groups of all processes. */
  errors: (payload: undefined) => Promise<readonly ErrorGroup[]>;
  /** Newest metrics of all processes as text for Prometheus, with those of the process that asks. */
  page: (own: MetricsSnapshot) => Promise<string>;
  /** Publishes what the process has measured to CloudWatch. */
  publish: (batch: MetricBatch) => Promise<void>;
  /** Conditions that have changed in the process, for notices. */
  notify: (changes: readonly NoticeChange[]) => Promise<void>;
  /** Takes a part of a client's limit. */
  take: (request: TakeRequest) => Taken;
}

/** Calls of a process by the one that started it. */
export interface ProcessCalls {
  /** Its own metrics. */
  metrics: (payload: undefined) => Promise<MetricsSnapshot>;
  /** Shows that its event loop runs; returns whether a debugger may pause it. */
  ping: (payload: undefined) => { readonly isDebugged: boolean };
  /** Its own error groups. */
  errors: (payload: undefined) => readonly ErrorGroup[];
}

/** Message that comes with a connection for a process. */
export interface PassedConnection {
  readonly connection: DoorName;
  readonly id: number;
}

/** Message of a process that has a connection. */
export interface ConnectionTaken {
  /** Id of the connection. */
  readonly taken: number;
}

/** Returns whether a message comes with a connection. */
export function isPassedConnection(message: unknown): message is PassedConnection {
  return typeof message === 'object' && message !== null && 'connection' in message;
}

/** Returns whether a message confirms a connection. */
export function isConfirmation(message: unknown): message is ConnectionTaken {
  return typeof message === 'object' && message !== null && 'taken' in message;
}

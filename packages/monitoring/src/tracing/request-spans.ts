import type { Span } from '@opentelemetry/api';

/** Span of a request that is recorded, and how its clock readings become times. */
export interface RequestSpan {
  readonly span: Span;
  /** Milliseconds that turn a reading of `performance.now()` into milliseconds since the epoch. */
  readonly epochMs: number;
}

/** Spans of the requests that are being answered, by the request; only those that are recorded. */
export type RequestSpans = WeakMap<object, RequestSpan>;

/** Difference between the clocks at present, read once for each request: a synchronized clock moves against the other one. */
export function readEpochMs(): number {
  return Date.now() - performance.now();
}

import { randomFillSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Carrier of the headers of a trace; a request of `node:http` is one. */
export interface TraceCarrier {
  readonly headers: IncomingHttpHeaders;
}

/** Position of a request in a distributed trace (W3C Trace Context, https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  /** 32 hexadecimal digits, the client's where it sent a valid one. */
  readonly traceId: string;
  /** 16 hexadecimal digits: span of this service, and the parent of the spans of upstreams. */
  readonly spanId: string;
  /** True if the client records the trace. */
  readonly sampled: boolean;
  /** Values of other tracing systems, unchanged. */
  readonly state?: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const MEMBER =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_MEMBERS = 32;
/** Minimum that the standard requires to be forwarded; a longer one may be dropped. */
const MAX_STATE_LENGTH = 512;

const known = new WeakMap<TraceCarrier, TraceContext>();

/**
 * The trace of a request: that of its client, or else a new one. It is created when it is first read.
 *
 * @example
 * ```ts
 * import { traceContext } from '@fairlead/serving';
 *
 * const trace = traceContext({ headers: {} });
 * console.log(trace.traceId.length, trace.sampled); // 32 false
 * ```
 */
export function traceContext(carrier: TraceCarrier): TraceContext {
  let trace = known.get(carrier);
  if (trace === undefined) {
    trace = continueTrace(carrier) ?? {
      traceId: randomHex(16),
      spanId: randomHex(8),
      sampled: false,
    };
    known.set(carrier, trace);
  }
  return trace;
}

/**
 * The trace of a request if there is one: its client sent one, or one was sent to an upstream.
 *
 * For logs: a request without a trace costs no random numbers.
 *
 * @example
 * ```ts
 * import { findTraceContext } from '@fairlead/serving';
 *
 * console.log(findTraceContext({ headers: {} })); // undefined
 * ```
 */
export function findTraceContext(carrier: TraceCarrier): TraceContext | undefined {
  const trace = known.get(carrier);
  if (trace !== undefined || carrier.headers.traceparent === undefined) return trace;
  return parse(carrier.headers.traceparent) === undefined ? undefined : traceContext(carrier);
}

/**
 * Makes a span of a tracing library the span of a request: upstreams get it as their parent, and logs its trace id.
 *
 * @param trace - ids of the span; read from the headers of the request before, it has the client's trace id
 *
 * @example
 * ```ts
 * import { adoptTrace, traceContext } from '@fairlead/serving';
 *
 * const carrier = { headers: {} };
 * adoptTrace(carrier, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), sampled: true });
 * console.log(traceContext(carrier).spanId); // 2222222222222222
 * ```
 */
export function adoptTrace(carrier: TraceCarrier, trace: TraceContext): void {
  const state = trace.state ?? readState(carrier.headers.tracestate);
  known.set(carrier, { ...trace, ...(state !== undefined && { state }) });
}

/**
 * Headers that send the trace to an upstream: the span of this service is the parent.
 *
 * @example
 * ```ts
 * import { traceHeaders } from '@fairlead/serving';
 *
 * const trace = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), sampled: true };
 * console.log(traceHeaders(trace).traceparent.slice(0, 3)); // 00-
 * ```
 */
export function traceHeaders({ traceId, spanId, sampled, state }: TraceContext): {
  readonly traceparent: string;
  readonly tracestate?: string;
} {
  const traceparent = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
  return { traceparent, ...(state !== undefined && { tracestate: state }) };
}

function continueTrace({ headers }: TraceCarrier): TraceContext | undefined {
  const parent = parse(headers.traceparent);
  if (parent === undefined) return undefined;
  const state = readState(headers.tracestate);
  return { ...parent, spanId: randomHex(8), ...(state !== undefined && { state }) };
}

/** Several `traceparent` headers are joined by `node:http`, and are as invalid as the standard has them. */
function parse(header: unknown): Pick<TraceContext, 'traceId' | 'sampled'> | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId = '', parentId = '', flags = ''] = TRACEPARENT.exec(header) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && header.length !== 55)) {
    return undefined;
  }
  if (/^0*$/.test(traceId) || /^0*$/.test(parentId)) return undefined;
  return { traceId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** A `tracestate` that isn't one is dropped as a whole; it never makes the trace invalid. */
function readState(header: unknown): string | undefined {
  const text = Array.isArray(header) ? header.join(',') : header;
  if (typeof text !== 'string') return undefined;
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '');
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  const valid = members.every((member) => MEMBER.test(member)) && keys.size === members.length;
  const state = members.join(',');
  return valid && state !== '' && members.length <= MAX_MEMBERS && state.length <= MAX_STATE_LENGTH
    ? state
    : undefined;
}

/** Never all zeros, which the standard has for "none". */
function randomHex(bytes: number): string {
  const buffer = randomFillSync(Buffer.allocUnsafe(bytes));
  buffer[0] = (buffer[0] ?? 0) || 1;
  return buffer.toString('hex');
}

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import {
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type TextMapGetter,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api';
import { checkFunction, checkMethod, checkOptions, rejectResult } from '../check-options.ts';
import type { OptionNames } from '../options-problem.ts';
import { firstPass } from '../first-pass.ts';
import { knownMethods } from '../known-methods.ts';
import { onRequestEnd, requestPath, type RequestOutcome } from '../request-end.ts';
import { SpanInferenceTracer } from './inference-tracer.ts';
import { readEpochMs, type RequestSpan, type RequestSpans } from './request-spans.ts';
import type { InferenceTracer, TracedRequest } from './traced-inference.ts';

/** Ids of the span of a request. */
export interface RequestSpanIds {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Options of {@link requestTracing}. */
export interface RequestTracingOptions {
  /**
   * Creates the spans, such as that of `openOtlpTracing`.
   * @defaultValue the global tracer of `@opentelemetry/api`: no spans unless an SDK is registered
   */
  readonly tracer?: Tracer;
  /**
   * Reads the client's trace from the headers.
   * @defaultValue the global propagator of `@opentelemetry/api`
   */
  readonly propagator?: Pick<TextMapPropagator, 'extract'>;
  /**
   * Returns the group of a path: part of the name of the span, which must not have ids.
   * @defaultValue none: the name is the method
   */
  readonly routeGroup?: (path: string, req: IncomingMessage) => string | undefined;
  /**
   * Returns true for requests without a span, such as health checks.
   * @defaultValue `() => false`
   */
  readonly ignore?: (path: string) => boolean;
  /**
   * Called with the span of a request that is recorded, before the request is handled: `adoptTrace` of `@fairlead/serving`
   * makes it the parent of the spans of upstreams.
   */
  readonly onSpan?: (req: TracedRequest, ids: RequestSpanIds) => void;
}

/** Calls of gRPC; structurally the same as the interface of `@fairlead/serving/grpc`. */
export interface CallTracer {
  /**
   * Creates the span of a call.
   *
   * @param method - such as `inference.GRPCInferenceService/ModelInfer`
   */
  started(carrier: TracedRequest, method: string): void;
  /** Ends it with a status of gRPC, 0 for a success. */
  ended(carrier: TracedRequest, status: number): void;
}

/** Spans of requests, and of the steps of inferences below them. */
export interface RequestTracing {
  /** Creates the span of a request; put it first. */
  readonly middleware: (req: IncomingMessage, res: ServerResponse, next: () => void) => void;
  /** The option `calls` of an `inferenceService`. */
  readonly calls: CallTracer;
  /** The option `tracer` of a `ModelServer`. */
  readonly inference: InferenceTracer;
}

const optionNames: OptionNames<RequestTracingOptions> = {
  tracer: 'optional',
  propagator: 'optional',
  routeGroup: 'optional',
  ignore: 'optional',
  onSpan: 'optional',
};

/**
 * Creates spans of OpenTelemetry for requests, over HTTP and gRPC: `POST predict` → `infer` → `decode`, `queue`, `execute`, and `encode`. An execution of
 * several requests has links to all of them. The W3C trace context of a client is continued.
 *
 * The spans of steps are made after a request ended, and only for recorded ones: other requests cost next to nothing.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { requestTracing } from '@fairlead/monitoring/tracing';
 *
 * const { middleware, inference } = requestTracing({ ignore: (path) => path === '/health' });
 * const server = createServer((req, res) => middleware(req, res, () => res.end('ok')));
 * console.log(typeof inference.inferred, server.listening); // function false
 * ```
 */
export function requestTracing(options: RequestTracingOptions = {}): RequestTracing {
  const {
    tracer = trace.getTracer('fairlead'),
    propagator = propagation,
    routeGroup = () => undefined,
    ignore = () => false,
    onSpan = () => undefined,
  } = checkOptions('requestTracing', options, optionNames);
  checkMethod('tracer', tracer, 'startSpan');
  checkMethod('propagator', propagator, 'extract');
  for (const [name, value] of Object.entries({ routeGroup, ignore, onSpan })) {
    checkFunction(name, value);
  }
  const requests: RequestSpans = new WeakMap();
  const isFirstPass = firstPass();
  /** Creates the span of a request; undefined where it isn't recorded. */
  const start = (
    req: TracedRequest,
    name: string,
    attributes: Attributes,
  ): RequestSpan | undefined => {
    const epochMs = readEpochMs();
    const startTime = epochMs + performance.now();
    const parent = propagator.extract(ROOT_CONTEXT, req.headers, headerGetter);
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime, attributes }, parent);
    if (!span.isRecording()) return undefined;
    const started = { span, epochMs };
    requests.set(req, started);
    const { traceId, spanId } = span.spanContext();
    onSpan(req, { traceId, spanId, sampled: true });
    return started;
  };

  return {
    middleware(req, res, next) {
      const path = requestPath(req);
      if (isFirstPass(res) && !ignore(path)) {
        const { name, attributes } = describeRequest(req, groupOf(routeGroup(path, req)));
        const started = start(req, name, attributes);
        if (started !== undefined) {
          onRequestEnd(res, (outcome) => {
            setStatus(started.span, res.statusCode, outcome);
            started.span.end(started.epochMs + performance.now());
          });
        }
      }
      next();
    },
    calls: {
      started(carrier, method) {
        const [service = '', name = ''] = method.split('/');
        start(carrier, method, {
          'rpc.system': 'grpc',
          'rpc.service': service,
          'rpc.method': name,
        });
      },
      ended(carrier, status) {
        const started = requests.get(carrier);
        if (started === undefined) return;
        started.span.setAttribute('rpc.grpc.status_code', status);
        if (faults.has(status)) started.span.setStatus({ code: SpanStatusCode.ERROR });
        started.span.end(started.epochMs + performance.now());
      },
    },
    inference: new SpanInferenceTracer(tracer, requests),
  };
}

/**
 * Statuses of gRPC that are faults of the server: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
const faults: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

const headerGetter: TextMapGetter<IncomingHttpHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headers[name],
};

function groupOf(group: unknown): string | undefined {
  if (group === undefined || typeof group === 'string') return group;
  return rejectResult('routeGroup', group, 'a string or undefined');
}

function describeRequest({ method = '' }: IncomingMessage, route: string | undefined) {
  const known = knownMethods.has(method) ? method : '_OTHER';
  return {
    name: `${known === '_OTHER' ? 'HTTP' : known}${route === undefined ? '' : ` ${route}`}`,
    attributes: {
      'http.request.method': known,
      ...(route !== undefined && { 'http.route': route }),
    },
  };
}

/** Sets the status of a span; an aborted request has none. */
function setStatus(span: Span, status: number, outcome: RequestOutcome): void {
  const isComplete = outcome === 'completed';
  if (isComplete) span.setAttribute('http.response.status_code', status);
  if (isComplete && status < 500) return;
  span.setAttribute('error.type', isComplete ? String(status) : outcome);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import {
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
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
import { readEpochMs, type RequestSpans } from './request-spans.ts';
import type { InferenceTracer } from './traced-inference.ts';

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
  readonly onSpan?: (req: IncomingMessage, ids: RequestSpanIds) => void;
}

/** Spans of requests, and of the steps of inferences below them. */
export interface RequestTracing {
  /** Creates the span of a request; put it first. */
  readonly middleware: (req: IncomingMessage, res: ServerResponse, next: () => void) => void;
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
 * Creates spans of OpenTelemetry for requests: `POST predict` → `infer` → `decode`, `queue`, `execute`, and `encode`. An execution of
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

  return {
    middleware(req, res, next) {
      const path = requestPath(req);
      if (isFirstPass(res) && !ignore(path)) {
        const epochMs = readEpochMs();
        const { name, attributes } = describeRequest(req, groupOf(routeGroup(path, req)));
        const startTime = epochMs + performance.now();
        const parent = propagator.extract(ROOT_CONTEXT, req.headers, headerGetter);
        const options = { kind: SpanKind.SERVER, startTime, attributes };
        const span = tracer.startSpan(name, options, parent);
        if (span.isRecording()) {
          requests.set(req, { span, epochMs });
          const { traceId, spanId } = span.spanContext();
          onSpan(req, { traceId, spanId, sampled: true });
          onRequestEnd(res, (outcome) => {
            setStatus(span, res.statusCode, outcome);
            span.end(epochMs + performance.now());
          });
        }
      }
      next();
    },
    inference: new SpanInferenceTracer(tracer, requests),
  };
}

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

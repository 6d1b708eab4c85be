import type { TextMapPropagator, Tracer } from '@opentelemetry/api';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { checkFunction, checkOptions, rejectOption } from '../check-options.ts';
import type { OptionNames } from '../options-problem.ts';

/** Options of {@link openOtlpTracing}. */
export interface OtlpTracingOptions {
  /** Address of a collector with OTLP over HTTP, such as `http://127.0.0.1:4318`; `/v1/traces` is appended to it. */
  readonly url: string;
  /** Attribute `service.name` of the spans. */
  readonly service: string;
  /**
   * Share of the requests that are recorded, from 0 to 1. A request that continues the trace of its client follows the client.
   * @defaultValue 0.01
   */
  readonly ratio?: number;
  /** Called when spans could not be exported, with their number; they are lost. */
  readonly onError?: (error: unknown, spans: number) => void;
}

/** Tracing that exports its spans. */
export interface OtlpTracing {
  /** Option of `requestTracing`. */
  readonly tracer: Tracer;
  /** Option of `requestTracing`: W3C Trace Context. */
  readonly propagator: TextMapPropagator;
  /** Exports the remaining spans, and waits at most ten seconds. */
  close(): Promise<void>;
}

const optionNames: OptionNames<OtlpTracingOptions> = {
  url: 'required',
  service: 'required',
  ratio: 'optional',
  onError: 'optional',
};

/** Spans that wait for an export; further ones are dropped, and counted by the SDK. */
const MAX_QUEUED = 4096;
const EXPORT_TIMEOUT_MS = 10_000;

/**
 * Opens the export of spans by OTLP over HTTP, with the SDK of OpenTelemetry; nothing global is changed. Spans wait in memory, at most
 * 4,096, and are exported every five seconds; a collector that is away costs spans, never a request.
 *
 * The SDK reads its standard variables, such as `OTEL_EXPORTER_OTLP_HEADERS` for the key of a collector.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { openOtlpTracing } from '@fairlead/monitoring/otlp';
 * import { requestTracing } from '@fairlead/monitoring/tracing';
 *
 * const tracing = openOtlpTracing({ url: 'http://127.0.0.1:4318', service: 'shop', ratio: 0.1 });
 * const { tracer, propagator } = tracing;
 * const { middleware } = requestTracing({ tracer, propagator });
 * await tracing.close();
 * console.log(middleware.length); // 3
 * ```
 */
export function openOtlpTracing(options: OtlpTracingOptions): OtlpTracing {
  const {
    url,
    service,
    ratio = 0.01,
    onError = () => undefined,
  } = checkOptions('openOtlpTracing', options, optionNames);
  if (typeof service !== 'string' || service.trim() === '') {
    rejectOption('service', 'a name', service);
  }
  if (!(typeof ratio === 'number' && ratio >= 0 && ratio <= 1)) {
    rejectOption('ratio', 'a number from 0 to 1', ratio);
  }
  checkFunction('onError', onError);
  const exporter = new OTLPTraceExporter({ url: tracesUrl(url), timeoutMillis: EXPORT_TIMEOUT_MS });
  const processor = new BatchSpanProcessor({
    exporter: reportLosses(exporter, onError),
    maxQueueSize: MAX_QUEUED,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [processor],
  });
  return {
    tracer: provider.getTracer('fairlead'),
    propagator: new W3CTraceContextPropagator(),
    // Losses were reported.
    close: () => provider.shutdown().catch(() => undefined),
  };
}

function tracesUrl(text: unknown): string {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return rejectOption('url', 'an http or https address such as http://127.0.0.1:4318', text);
  }
  const base = url.href.replace(/\/+$/, '');
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`;
}

/** Wraps an exporter, which reports losses to a global log only. */
function reportLosses(
  exporter: SpanExporter,
  onError: (error: unknown, spans: number) => void,
): SpanExporter {
  return {
    export(spans, callback) {
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS) {
          onError(
            result.error ?? new Error('The collector did not accept the spans.'),
            spans.length,
          );
        }
        callback(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

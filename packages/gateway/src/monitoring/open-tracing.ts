import type { RequestTracing, RequestTracingOptions } from '@fairlead/monitoring/tracing';
import { adoptTrace } from '@fairlead/serving';
import { importPeer } from '../settings/import-peer.ts';
import { forSetting } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';
import { SERVICE } from './create-monitoring.ts';
import type { Logger } from './logger.ts';

/** Traces of a gateway, and their export. */
export interface Tracing extends RequestTracing {
  /** Exports the remaining spans. */
  close(): Promise<void>;
}

const PACKAGES =
  '@opentelemetry/api @opentelemetry/core @opentelemetry/exporter-trace-otlp-http @opentelemetry/resources @opentelemetry/sdk-trace';
/** Requests of load balancers and Prometheus, in which nothing happens. */
const IGNORED = /^\/(?:metrics$|ping$|v2\/health\/)/;

/**
 * Opens the export of traces; undefined without an address for it.
 *
 * @throws SettingsError when the packages of OpenTelemetry aren't installed.
 */
export async function openTracing(
  { otlpUrl: url, traceRatio: ratio }: Settings,
  {
    routeGroup,
    logger,
  }: {
    readonly routeGroup: RequestTracingOptions['routeGroup'] & object;
    readonly logger: Logger;
  },
): Promise<Tracing | undefined> {
  if (url === undefined) return undefined;
  const variable = 'FAIRLEAD_OTLP_URL';
  const { openOtlpTracing, requestTracing } = await importPeer(
    variable,
    PACKAGES,
    () => import('./create-tracing.ts'),
  );
  const onError = (error: unknown, spans: number): void => {
    logger.warn({ err: error, spans }, 'spans-lost');
  };
  const otlp = forSetting(variable, () =>
    openOtlpTracing({ url, service: SERVICE, ratio, onError }),
  );
  const { tracer, propagator } = otlp;
  const tracing = requestTracing({
    tracer,
    propagator,
    routeGroup,
    ignore: (path) => IGNORED.test(path),
    onSpan: adoptTrace,
  });
  return { ...tracing, close: () => otlp.close() };
}

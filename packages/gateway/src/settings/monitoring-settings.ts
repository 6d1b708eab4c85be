import { setting } from './setting.ts';
import { oneOf, share, text, webAddress } from './setting-values.ts';

/** Metrics and logs. */
export const monitoringSettings = {
  cloudWatchNamespace: setting(
    'FAIRLEAD_CLOUDWATCH_NAMESPACE',
    text.optional(),
    undefined,
    'Publishes metrics to CloudWatch in this namespace. The AWS SDK finds region and credentials.',
  ),
  otlpUrl: setting(
    'FAIRLEAD_OTLP_URL',
    webAddress.optional(),
    undefined,
    'Exports traces by OTLP over HTTP to this collector, such as `http://127.0.0.1:4318`. A key of the collector is set by `OTEL_EXPORTER_OTLP_HEADERS`.',
  ),
  traceRatio: setting(
    'FAIRLEAD_TRACE_RATIO',
    share,
    '0.01',
    'Share of the requests that are traced, from 0 to 1. A request that continues the trace of its client follows the client.',
  ),
  logLevel: setting(
    'FAIRLEAD_LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'Minimum level that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
  ),
} as const;

import { setting } from './setting.ts';
import { oneOf, text } from './setting-values.ts';

/** Metrics and logs. */
export const monitoringSettings = {
  cloudWatchNamespace: setting(
    'FAIRLEAD_CLOUDWATCH_NAMESPACE',
    text.optional(),
    undefined,
    'Publishes metrics to CloudWatch in this namespace. The AWS SDK finds region and credentials.',
  ),
  logLevel: setting(
    'FAIRLEAD_LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'Minimum level that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
  ),
} as const;

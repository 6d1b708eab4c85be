import { setting } from './setting.ts';
import { oneOf, text } from './setting-values.ts';

/** What the gateway tells of itself. */
export const monitoringSettings = {
  cloudWatchNamespace: setting(
    'FAIRLEAD_CLOUDWATCH_NAMESPACE',
    text.optional(),
    undefined,
    'Publishes metrics to CloudWatch in this namespace. Region and credentials come from where the AWS SDK looks for them.',
  ),
  logLevel: setting(
    'FAIRLEAD_LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'Least severe level that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
  ),
} as const;

export { outcomeMetrics } from './outcome-metrics.ts';
export type { OutcomeMetricState, OutcomeMetricsOptions } from './outcome-metrics.ts';
export { captureMetrics } from './capture-metrics.ts';
export type { CaptureMetricsOptions, CaptureNumbers } from './capture-metrics.ts';
export { combineObservers } from './combine-observers.ts';
export { createLogger } from './create-logger.ts';
export type { CreateLoggerOptions, LogLevel } from './create-logger.ts';
export { ErrorGroups } from './error-groups/error-groups.ts';
export type {
  ErrorExample,
  ErrorGroup,
  ErrorGroupsOptions,
  ErrorOccurrence,
} from './error-groups/error-groups.ts';
export { rolloutMetrics } from './rollout-metrics.ts';
export type { RolloutMetricState, RolloutMetricsOptions } from './rollout-metrics.ts';
export { driftMetrics } from './drift-metrics.ts';
export type { DriftMetricsOptions, DriftState } from './drift-metrics.ts';
export { httpMetrics } from './http-metrics.ts';
export type { HttpMetricsOptions } from './http-metrics.ts';
export { InferenceMetrics } from './inference-metrics.ts';
export type { InferenceMetricsOptions } from './inference-metrics.ts';
export type {
  ExecutedEvent,
  FailureReason,
  FallbackUsedEvent,
  InferenceEvent,
  InferenceFinishedEvent,
  InferenceObserver,
} from './inference-observer.ts';
export { JobMetrics } from './job-metrics.ts';
export type { JobMetricEvent, JobMetricsOptions } from './job-metrics.ts';
export { KeysFileMetrics } from './keys-file-metrics.ts';
export type { KeysFileMetricsOptions } from './keys-file-metrics.ts';
export { LimitMetrics } from './limit-metrics.ts';
export type { ClientUse, LimitMetricsOptions } from './limit-metrics.ts';
export { metricsHandler } from './metrics-handler.ts';
export type { MetricsHandlerOptions } from './metrics-handler.ts';
export { modelMemoryMetrics } from './model-memory-metrics.ts';
export type { ModelMemory, ModelMemoryMetricsOptions } from './model-memory-metrics.ts';
export { MonitoringError } from './monitoring-error.ts';
export type { MonitoringErrorCode } from './monitoring-error.ts';
export type { LostNotices, NoticeCounts } from './notices/delivery-queue.ts';
export type {
  Notice,
  NoticeCondition,
  NoticeDestination,
  NoticeKind,
  NoticeStatus,
  NoticeSubject,
} from './notices/notice.ts';
export { Notifier } from './notices/notifier.ts';
export type { NoticeResult } from './notices/notifier.ts';
export type { NotifierOptions } from './notices/notifier-options.ts';
export { noticeMetrics } from './notices/notice-metrics.ts';
export type { NoticeMetricsOptions } from './notices/notice-metrics.ts';
export { sentryDestination } from './notices/sentry/sentry-destination.ts';
export type { SentryDestinationOptions } from './notices/sentry/sentry-destination.ts';
export { webhookDestination } from './notices/webhook-destination.ts';
export type { NoticeSender, WebhookDestinationOptions } from './notices/webhook-destination.ts';
export { ProcessMetrics } from './process-metrics.ts';
export type { MetricsSnapshot } from './process-metrics.ts';
export { RecordMetrics } from './record-metrics.ts';
export type { LostRecords, RecordMetricsOptions } from './record-metrics.ts';
export { requestLog } from './request-log.ts';
export type { RequestLogger, RequestLogOptions, RequestTrace } from './request-log.ts';
export { StalenessMetrics } from './staleness-metrics.ts';
export type { StalenessMetricsOptions } from './staleness-metrics.ts';
export { windowMetrics } from './window-metrics.ts';
export type { WindowMetricsOptions, WindowNumbers } from './window-metrics.ts';

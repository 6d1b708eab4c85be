export type { Schedule } from './clock.ts';
export { cloudWatchObserver } from './cloudwatch-observer.ts';
export type { CloudWatchMetricSource, CloudWatchObserverOptions } from './cloudwatch-observer.ts';
export { CloudWatchPublisher } from './cloudwatch-publisher.ts';
export type { CloseOptions, CloudWatchMetric } from './cloudwatch-publisher.ts';
export type { CloudWatchPublisherOptions } from './cloudwatch-publisher-options.ts';
export type { CloudWatchPublisherStats, DroppedValues } from './cloudwatch-publisher-stats.ts';
export type { CloudWatchMetricDefinition } from './metric-definition.ts';
export type { CloudWatchSendClient } from './request-sender.ts';

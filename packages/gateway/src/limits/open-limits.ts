import { LimitMetrics } from '@fairlead/monitoring';
import { MemoryCounts, type SharedCounts } from '@fairlead/security';
import { SERVICE, type Monitoring } from '../monitoring/create-monitoring.ts';
import { FailureHealth } from '../monitoring/failure-health.ts';
import type { Logger } from '../monitoring/logger.ts';
import type { ProcessGroup } from '../process-group/process-group.ts';
import { importPeer } from '../settings/import-peer.ts';
import { forSettingLater } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

const REDIS_URL = 'FAIRLEAD_LIMITS_REDIS_URL';

/** Counts of clients, as far as the settings share them. */
export interface OpenedLimits {
  /** Counts of this host. */
  readonly ofHost: SharedCounts;
  /** Counts of all hosts; those of this host without Redis. */
  readonly ofAll: SharedCounts;
  readonly metrics: LimitMetrics;
  /** Warnings for the readiness, without address and reason. */
  readonly warnings: () => readonly string[];
  close(): void;
}

/**
 * Opens the counts of clients: in Redis where the settings have one, else in the memory of the host.
 *
 * @throws SettingsError when the address of Redis is invalid or the package `redis` isn't installed.
 */
export async function openLimits(
  { limitsRedisUrl: url, limitsOnFailure: onFailure, limitsTimeoutMs: timeoutMs }: Settings,
  {
    metrics: { registry },
    publisher,
    logger,
    processes,
  }: Pick<Monitoring, 'metrics' | 'publisher'> & {
    readonly logger: Logger;
    readonly processes?: ProcessGroup | undefined;
  },
): Promise<OpenedLimits> {
  const metrics = new LimitMetrics({ registry });
  const ofHost = processes?.counts ?? new MemoryCounts();
  if (url === undefined) {
    return { ofHost, ofAll: ofHost, metrics, warnings: () => [], close: () => undefined };
  }
  const consequence =
    onFailure === 'local'
      ? 'each host limits the requests of clients for itself'
      : 'requests that have to be counted are refused';
  const health = new FailureHealth({
    ...{ metrics, metric: 'LimitsStoreUnavailable' },
    warningSince: (time) =>
      `The store of shared limits has been unavailable since ${time}: ${consequence}.`,
  });
  const { openRedisCounts } = await importPeer(
    REDIS_URL,
    'redis',
    () => import('./open-redis-counts.ts'),
  );
  const redis = await forSettingLater(REDIS_URL, () =>
    openRedisCounts(url, {
      timeoutMs,
      fallback: onFailure === 'local' ? ofHost : undefined,
      onError(error) {
        health.failed();
        logger.error({ err: error, onFailure }, 'store of shared limits unavailable');
      },
      onRecovery() {
        logger.info({ seconds: health.seconds }, 'store of shared limits available again');
        health.recovered();
      },
    }),
  );
  const publishing = publisher && health.publishTo(publisher, SERVICE);
  return {
    ...{ ofHost, ofAll: redis.counts, metrics },
    warnings: () => health.warnings,
    close() {
      publishing?.stop();
      redis.close();
    },
  };
}

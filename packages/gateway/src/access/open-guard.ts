import { KeysFileMetrics } from '@fairlead/monitoring';
import type { WatchApiKeysOptions } from '@fairlead/security';
import type { Protocol } from '@fairlead/serving';
import { SERVICE, type Monitoring } from '../monitoring/create-monitoring.ts';
import { FailureHealth } from '../monitoring/failure-health.ts';
import type { Logger } from '../monitoring/logger.ts';
import { openLimits } from '../limits/open-limits.ts';
import type { ProcessGroup } from '../process-group/process-group.ts';
import type { Settings } from '../settings/settings.ts';
import { createGuard, type Guard } from './guard.ts';

/** Guard of a gateway, and the state of its keys file and of its shared limits. */
export interface OpenedGuard {
  readonly guard: Guard;
  /** Warnings for the readiness; they contain no path, no address and no reason. */
  readonly warnings: () => readonly string[];
  /** Stops watching and publishing. */
  close(): void;
}

/**
 * Creates the guard; changes of the keys file, and failures to read it, are logged and measured.
 *
 * @throws SettingsError when the keys file or the address of Redis can't be used.
 */
export async function openGuard(
  settings: Settings,
  protocols: readonly Protocol[],
  {
    metrics,
    publisher,
    logger,
    processes,
  }: Pick<Monitoring, 'metrics' | 'publisher'> & {
    readonly logger: Logger;
    readonly processes?: ProcessGroup | undefined;
  },
  watch: Pick<WatchApiKeysOptions, 'intervalMs'> = {},
): Promise<OpenedGuard> {
  const health = settings.keysFile === undefined ? undefined : keysFileHealth(metrics.registry);
  const limits = await openLimits(settings, { metrics, publisher, logger, processes });
  const guard = await createGuard(settings, protocols, {
    ...watch,
    counts: limits,
    onReload: (keys) => {
      logger.info({ keys }, 'keys reloaded');
    },
    onError: (error) => {
      health?.failed();
      logger.error({ err: error }, 'keys file not taken over');
    },
    onRecovery: () => {
      logger.info({ seconds: health?.seconds }, 'keys file taken over again');
      health?.recovered();
    },
  });
  const publishing = publisher && health?.publishTo(publisher, SERVICE);
  return {
    guard,
    warnings: () => [...(health?.warnings ?? []), ...limits.warnings()],
    close() {
      guard.close();
      publishing?.stop();
      limits.close();
    },
  };
}

/** Reports whether changes of the keys file take effect. */
export function keysFileHealth(
  registry: ConstructorParameters<typeof KeysFileMetrics>[0]['registry'],
): FailureHealth {
  return new FailureHealth({
    ...{ metrics: new KeysFileMetrics({ registry }), metric: 'KeysFileStaleness' },
    warningSince: (time) =>
      `Changes of the keys file have not been taken over since ${time}: revoked keys may still be accepted.`,
  });
}

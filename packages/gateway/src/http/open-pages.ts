import type { Express } from 'express';
import { errorsReader } from '../console/read-errors.ts';
import { metricsReader } from '../console/read-metrics.ts';
import { TrafficSampler } from '../console/traffic-sampler.ts';
import type { Notices } from '../notices/open-notices.ts';
import type { ProcessGroup } from '../process-group/process-group.ts';
import type { Recording } from '../recording/open-recording.ts';
import type { Rollouts } from '../rollouts/open-rollouts.ts';
import type { Settings } from '../settings/settings.ts';
import type { SharedDependencies } from './create-app.ts';

/** Returns the Express application; it is created once. */
export type OpenApp = () => Promise<Express>;

/** Dependencies of {@link openPages}. */
export interface PagesDependencies extends SharedDependencies {
  readonly recording: Recording;
  readonly rollouts: Rollouts | undefined;
  readonly notices: Notices;
  readonly processes: ProcessGroup | undefined;
}

/** The application behind the inference protocols. */
export interface Pages {
  readonly app: OpenApp;
  close(): void;
}

/**
 * Opens the pages of a gateway. Express is imported with the first call of `app`: inference doesn't need it, and to read it takes a tenth of the time from the
 * start of a process to its first prediction.
 */
export function openPages(
  settings: Settings,
  { recording, rollouts, notices, processes, ...shared }: PagesDependencies,
): Pages {
  const readMetrics = metricsReader(shared.metrics.registry, processes);
  const sampler = new TrafficSampler(readMetrics, notices.onError);
  const dependencies = {
    ...shared,
    ...{ labels: recording.labels, verdictOf: recording.verdictOf, tests: rollouts?.tests },
    ...{ errorGroups: errorsReader(notices, processes), sampler },
    metricsPage: processes?.metricsPage.bind(processes),
  };
  let opened: Promise<Express> | undefined;
  return {
    app: () =>
      (opened ??= import('./create-app.ts').then(({ createApp }) =>
        createApp(settings, dependencies),
      )),
    close() {
      sampler.close();
    },
  };
}

import {
  combineObservers,
  RecordMetrics,
  type InferenceMetrics,
  type InferenceObserver,
  type LostRecords,
} from '@fairlead/monitoring';
import type { LabelStore } from '@fairlead/capture';
import type { DriftVerdict } from '@fairlead/drift';
import type { ModelRegistry, ObjectStore } from '@fairlead/registry';
import type { InferenceRecorder } from '@fairlead/serving';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import type { MetricPublisher } from '../monitoring/metric-publisher.ts';
import type { Settings } from '../settings/settings.ts';
import { combineRecorders } from './combine-recorders.ts';
import { openCapture } from './open-capture.ts';
import { openDrift, type DriftEvent, type DriftListener } from './open-drift.ts';
import { openWindows } from './open-windows.ts';
import { publishNumbers, type PublishedNumber } from './publish-numbers.ts';
import type { ServedVersions, VersionLabel } from './served-versions.ts';
import { within } from './within.ts';

/** Recording gets so long at the end of a gateway; what is in the state folder then is stored by the next process. */
const CLOSE_MS = 2000;

/** Recording of what versions receive and answer. */
export interface Recording {
  /** Receives each answered inference; undefined when nothing is recorded. */
  readonly recorder: InferenceRecorder | undefined;
  /** Receives every inference, for the metrics and the records. */
  readonly observer: InferenceObserver;
  /** Labels of captured requests; undefined without capture. */
  readonly labels: LabelStore | undefined;
  /** Newest verdict on the drift of a version; undefined while there is none. */
  readonly verdictOf: (label: VersionLabel) => DriftVerdict | undefined;
  /** Counts records that no recorder got. */
  countLost(lost: LostRecords): void;
  /** Stores what was recorded so far. */
  close(): Promise<void>;
}

/** Dependencies of the recording. */
export interface RecordingDependencies {
  readonly registry: ModelRegistry;
  /** Store of the registry. */
  readonly store: ObjectStore;
  readonly versions: ServedVersions;
  readonly metrics: InferenceMetrics;
  /** Observer for Prometheus and CloudWatch. */
  readonly observer: InferenceObserver;
  readonly publisher: MetricPublisher | undefined;
  readonly onEvent: (event: DriftEvent) => void;
  readonly drift: DriftListener;
  readonly onError: (error: unknown) => void;
}

/**
 * Opens the records that the settings switch on.
 *
 * @throws SettingsError when a setting can't be used.
 */
export async function openRecording(
  settings: Settings,
  dependencies: RecordingDependencies,
): Promise<Recording> {
  const {
    registry,
    store: objects,
    versions,
    metrics,
    observer,
    publisher,
    onEvent,
    drift: listener,
    onError,
  } = dependencies;
  const windows = await openWindows(settings, { objects, versions, metrics, onError });
  const shared = { versions, metrics, closeTimeoutMs: CLOSE_MS, onError };
  const capture = await openCapture(settings, shared);
  const drift =
    windows &&
    openDrift(settings, {
      registry,
      objects,
      windows: windows.store,
      versions,
      metrics,
      onEvent,
      listener,
      onError,
    });
  if (windows === undefined && capture === undefined) {
    return {
      recorder: undefined,
      observer,
      labels: undefined,
      verdictOf: () => undefined,
      countLost: () => undefined,
      close: () => Promise.resolve(),
    };
  }
  const records = new RecordMetrics({ registry: metrics.registry });
  const numbers: readonly PublishedNumber[] = [
    ...(windows?.numbers ?? []),
    ...(capture?.numbers ?? []),
    ...(drift?.numbers ?? []),
    { name: 'RecordsLost', kind: 'total', read: () => records.lost },
  ];
  const publishing = publisher && publishNumbers(publisher, SERVICE, numbers, onError);
  return {
    recorder: combineRecorders(
      [windows?.recorder, capture?.recorder].filter((each) => each !== undefined),
    ),
    observer: windows === undefined ? observer : combineObservers(observer, windows.recorder),
    labels: capture?.labels,
    verdictOf: (label) => drift?.verdictOf(label),
    countLost: (lost) => {
      records.countLost(lost);
    },
    async close() {
      const ended = drift && within(CLOSE_MS, drift.close());
      await Promise.all([windows?.close(CLOSE_MS), capture?.close(), ended]);
      await publishing?.stop();
    },
  };
}

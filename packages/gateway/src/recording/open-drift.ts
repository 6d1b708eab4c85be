import { DriftWatch, type DriftVerdict } from '@fairlead/drift';
import { driftMetrics, type InferenceMetrics } from '@fairlead/monitoring';
import type { ModelRegistry, ObjectStore } from '@fairlead/registry';
import type { WindowStore } from '@fairlead/windows';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import type { Settings } from '../settings/settings.ts';
import type { PublishedNumber } from './publish-numbers.ts';
import type { ServedVersions, VersionLabel } from './served-versions.ts';

/** A drift that began or ended, which this process judged. */
export interface DriftEvent extends VersionLabel {
  readonly type: 'drift-began' | 'drift-ended';
  /** Names of the features and outputs. */
  readonly features: readonly string[];
  /** Begin and end of the judged hour or day: ISO 8601, UTC. */
  readonly from: string;
  readonly to: string;
}

/** Receives verdicts. */
export interface DriftListener {
  /** Called once for each verdict that this process stored. */
  stored(verdict: DriftVerdict): void;
  /** Called at each check with the newest verdict on a version, whichever process stored it. */
  found(verdict: DriftVerdict): void;
}

/** Verdicts on the drift of the served versions. */
export interface Drift {
  /** Newest verdict on a version; undefined while there is none. */
  verdictOf(label: VersionLabel): DriftVerdict | undefined;
  /** Numbers for CloudWatch. */
  readonly numbers: readonly PublishedNumber[];
  /** Ends the checks, and waits for one that runs. */
  close(): Promise<void>;
}

/** Dependencies of the verdicts. */
export interface DriftDependencies {
  readonly registry: ModelRegistry;
  /** Store of the registry. */
  readonly objects: ObjectStore;
  readonly windows: WindowStore;
  readonly versions: ServedVersions;
  readonly metrics: Pick<InferenceMetrics, 'registry'>;
  readonly onEvent: (event: DriftEvent) => void;
  readonly listener: DriftListener;
  readonly onError: (error: unknown) => void;
}

/** Judges finished hours or days of the served versions from the windows of the fleet; one process of a fleet stores each verdict. */
export function openDrift(
  settings: Settings,
  { registry, objects, windows, versions, metrics, onEvent, listener, onError }: DriftDependencies,
): Drift | undefined {
  if (settings.drift === 'off') return undefined;
  const latest = new Map<string, DriftVerdict>();
  const watch = new DriftWatch({
    windows,
    verdicts: objects,
    unit: settings.driftUnit,
    baselineOf: (label) => Promise.resolve(versions.baselineOf(label)),
    recordChange: ({ model, version, ...change }) =>
      registry
        .model(model)
        .version(Number(version))
        .recordDrift({ ...change, actor: SERVICE }),
    onVerdict: (verdict) => {
      for (const event of eventsOf(verdict)) onEvent(event);
      listener.stored(verdict);
    },
    onError,
  });
  const checkAll = async (): Promise<void> => {
    for (const label of versions.loaded()) {
      try {
        const { latest: verdict } = await watch.check(label);
        if (verdict === undefined) continue;
        latest.set(keyOf(label), verdict);
        listener.found(verdict);
      } catch (error) {
        onError(error);
      }
    }
    const served = new Set([...versions.loaded()].map(keyOf));
    for (const key of latest.keys()) if (!served.has(key)) latest.delete(key);
  };
  const checks = repeatAtRandom(checkAll, settings.driftIntervalMs, onError);
  const read = () => [...versions.loaded()].flatMap((label) => latest.get(keyOf(label)) ?? []);
  driftMetrics({ registry: metrics.registry, read });
  return {
    verdictOf: (label) => latest.get(keyOf(label)),
    numbers: [
      {
        name: 'DriftedFeatures',
        kind: 'level',
        read: () => read().reduce((sum, { summary }) => sum + summary.drift, 0),
      },
    ],
    async close() {
      const idle = checks.stop();
      await watch.close();
      await idle;
    },
  };
}

function eventsOf({ model, version, began, ended, ...span }: DriftVerdict): readonly DriftEvent[] {
  const changes = [
    { type: 'drift-began', columns: began },
    { type: 'drift-ended', columns: ended },
  ] as const;
  return changes
    .filter(({ columns }) => columns.length > 0)
    .map(({ type, columns }) => ({
      ...{ type, model, version },
      features: columns.map(({ name }) => name),
      from: new Date(span.from).toISOString(),
      to: new Date(span.to).toISOString(),
    }));
}

/** Runs a task first at a random time within an interval, so that the processes of a fleet don't run it at once, then at that interval. */
function repeatAtRandom(
  task: () => Promise<void>,
  intervalMs: number,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const schedule = (delayMs: number): void => {
    timer = setTimeout(() => {
      running = task()
        .catch(onError)
        .finally(() => {
          if (!isStopped) schedule(intervalMs);
        });
    }, delayMs).unref();
  };
  schedule(Math.ceil(Math.random() * intervalMs));
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}

function keyOf({ model, version }: VersionLabel): string {
  return `${model}\n${version}`;
}

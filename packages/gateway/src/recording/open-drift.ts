import { DriftWatch, type DriftVerdict, type WindowSource } from '@fairlead/drift';
import { driftMetrics, type InferenceMetrics } from '@fairlead/monitoring';
import type { ModelRegistry, ObjectStore } from '@fairlead/registry';
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
  /** Called once for a version with a verdict that this process doesn't serve any more; not at a shutdown. */
  gone(label: VersionLabel): void;
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
  readonly windows: WindowSource;
  readonly versions: ServedVersions;
  readonly metrics: Pick<InferenceMetrics, 'registry'>;
  readonly onEvent: (event: DriftEvent) => void;
  readonly listener: DriftListener;
  readonly onError: (error: unknown) => void;
}

/** Judges finished hours or days of the served versions from the windows of the fleet; one process of a fleet stores each verdict. */
export function openDrift(
  settings: Pick<Settings, 'drift' | 'driftUnit' | 'driftIntervalMs'>,
  { registry, objects, windows, versions, metrics, onEvent, listener, onError }: DriftDependencies,
): Drift | undefined {
  if (settings.drift === 'off') return undefined;
  const latest = new Map<string, DriftVerdict>();
  const forgetGone = (served: readonly VersionLabel[]): void => {
    const keys = new Set(served.map(keyOf));
    for (const [key, { model, version }] of latest) {
      if (keys.has(key)) continue;
      latest.delete(key);
      listener.gone({ model, version });
    }
  };
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
    versions() {
      const served = versions.loaded();
      if (!versions.draining) forgetGone(served);
      return served;
    },
    intervalMs: settings.driftIntervalMs,
    onCheck(result) {
      if (result.latest === undefined) return;
      latest.set(keyOf(result), result.latest);
      listener.found(result.latest);
    },
    onVerdict: (verdict) => {
      for (const event of eventsOf(verdict)) onEvent(event);
      listener.stored(verdict);
    },
    onError,
  });
  watch.start();
  const read = () => versions.loaded().flatMap((label) => latest.get(keyOf(label)) ?? []);
  driftMetrics({ registry: metrics.registry, read });
  return {
    verdictOf: (label) => latest.get(keyOf(label)),
    numbers: [
      {
        name: 'DriftedFeatures',
        kind: 'level',
        // Every process reads the same verdicts.
        combination: 'max',
        read: () => read().reduce((sum, { summary }) => sum + summary.drift, 0),
        readModels: () => driftedByModel(read()),
      },
    ],
    close: () => watch.close(),
  };
}

/** Number of drifted features of each model, over its versions. */
function driftedByModel(verdicts: readonly DriftVerdict[]): ReadonlyMap<string, number> {
  const drifted = new Map<string, number>();
  for (const { model, summary } of verdicts) {
    drifted.set(model, (drifted.get(model) ?? 0) + summary.drift);
  }
  return drifted;
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

function keyOf({ model, version }: VersionLabel): string {
  return `${model}\n${version}`;
}

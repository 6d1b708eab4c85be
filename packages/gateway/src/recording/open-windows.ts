import { join } from 'node:path';
import { windowMetrics, type InferenceMetrics } from '@fairlead/monitoring';
import type { ObjectStore } from '@fairlead/registry';
import { openWindowStore, WindowRecorder, type WindowStore } from '@fairlead/windows';
import { forSettingLater } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';
import type { PublishedNumber } from './publish-numbers.ts';
import type { ServedVersions } from './served-versions.ts';
import { within } from './within.ts';

/** A create that has not ended by then fails: the window waits in the spool folder. */
const TIMEOUT_MS = 10_000;
/** Waiting windows are tried again at this interval. */
const RETRY_MS = 10_000;
/** Versions that are recorded at once; each takes some 100 KiB for 100 features. */
const MAX_VERSIONS = 256;

/** Windows of a gateway: counts of what its versions receive and answer. */
export interface Windows {
  readonly recorder: WindowRecorder;
  readonly store: WindowStore;
  /** Numbers for CloudWatch. */
  readonly numbers: readonly PublishedNumber[];
  /** Stores what was counted so far, for `withinMs` at most; the rest waits in the state folder for the next process. */
  close(withinMs: number): Promise<void>;
}

/** Dependencies of the windows. */
export interface WindowsDependencies {
  /** Store of the registry. */
  readonly objects: ObjectStore;
  readonly versions: ServedVersions;
  readonly metrics: Pick<InferenceMetrics, 'registry'>;
  readonly onError: (error: unknown) => void;
}

/**
 * Opens the windows in the store of the registry; undefined when the settings switch them off.
 *
 * @throws SettingsError when the state folder can't be used.
 */
export async function openWindows(
  settings: Settings,
  { objects, versions, metrics, onError }: WindowsDependencies,
): Promise<Windows | undefined> {
  const { stateFolder, windows } = settings;
  if (windows === 'off' || (windows === 'auto' && stateFolder === undefined)) return undefined;
  const store = await forSettingLater('FAIRLEAD_STATE_FOLDER', () =>
    openWindowStore({
      objects,
      ...(stateFolder !== undefined && { spoolFolder: join(stateFolder, 'windows') }),
      maxSpoolBytes: settings.windowsSpoolBytes,
      ...{ timeoutMs: TIMEOUT_MS, retryMs: RETRY_MS, onError },
    }),
  );
  const recorder = new WindowRecorder({
    store,
    baselineOf: (label) => versions.baselineOf(label),
    slotMs: settings.windowsSlotMs,
    maxVersions: MAX_VERSIONS,
    onError,
  });
  // The processes of a gateway share the folder.
  const countsSpool = (settings.process ?? 1) === 1;
  const spooled = async (): Promise<number> => (countsSpool ? (await store.waiting()).windows : 0);
  const read = () => recorder.counts;
  windowMetrics({ registry: metrics.registry, read, spooled, onError });
  return {
    recorder,
    store,
    numbers: [
      { name: 'WindowRequests', kind: 'total', read: () => read().requests },
      { name: 'WindowRequestsLost', kind: 'total', read: () => read().lost.requests },
      {
        name: 'WindowsWaiting',
        kind: 'level',
        combination: 'sum',
        read: async () => read().waiting + (await spooled()),
      },
    ],
    async close(withinMs) {
      await within(withinMs, closeInOrder(recorder, store));
    },
  };
}

async function closeInOrder(recorder: WindowRecorder, store: WindowStore): Promise<void> {
  await recorder.close();
  await store.close();
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  captureFolder,
  LabelStore,
  openCapture as openRecorder,
  type CaptureObjects,
  type CaptureRecorder,
} from '@fairlead/capture';
import { parquetSink } from '@fairlead/capture/parquet';
import { captureMetrics, type InferenceMetrics } from '@fairlead/monitoring';
import { importPeer } from '../settings/import-peer.ts';
import { forSetting, forSettingLater } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';
import type { PublishedNumber } from './publish-numbers.ts';
import { startRetention } from './retention.ts';
import type { ServedVersions } from './served-versions.ts';

const LOCATION = 'FAIRLEAD_CAPTURE_LOCATION';

/** Captured requests of a gateway, and their labels. */
export interface Capture {
  /** Undefined when the share of captured requests is 0. */
  readonly recorder: CaptureRecorder | undefined;
  readonly labels: LabelStore;
  /** Numbers for CloudWatch. */
  readonly numbers: readonly PublishedNumber[];
  /** Stores what was captured so far; the rest waits in the state folder for the next process. */
  close(): Promise<void>;
}

/** Dependencies of the capture. */
export interface CaptureDependencies {
  readonly versions: ServedVersions;
  readonly metrics: Pick<InferenceMetrics, 'registry'>;
  /** `close` waits for the store for so long, in milliseconds. */
  readonly closeTimeoutMs: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Opens the capture of requests, and the store of their labels; undefined when the settings name no location.
 *
 * @throws SettingsError when the location or the state folder can't be used.
 */
export async function openCapture(
  settings: Settings,
  { versions, metrics, closeTimeoutMs, onError }: CaptureDependencies,
): Promise<Capture | undefined> {
  const { captureLocation, captureShare, stateFolder } = settings;
  if (captureLocation === undefined || stateFolder === undefined) return undefined;
  const objects = await openObjects(captureLocation);
  const recorder =
    captureShare === 0
      ? undefined
      : await forSettingLater('FAIRLEAD_STATE_FOLDER', () =>
          openRecorder({
            spoolFolder: join(stateFolder, 'captures'),
            sink: parquetSink({ objects, onError }),
            signatureOf: (label) => versions.signatureOf(label),
            share: captureShare,
            keepRoutingKeys: settings.captureRoutingKeys,
            // Without a pepper the hosts of a fleet decide differently.
            samplingSecret: settings.pepper ?? randomBytes(32).toString('hex'),
            maxSpoolBytes: settings.captureSpoolBytes,
            ...{ closeTimeoutMs, onError },
          }),
        );
  const labels = new LabelStore({ objects });
  const retention = startRetention(settings.captureRetentionDays, { objects, labels, onError });
  if (recorder !== undefined) {
    captureMetrics({ registry: metrics.registry, read: () => recorder.counts });
  }
  return {
    recorder,
    labels,
    numbers: recorder === undefined ? [] : numbersOf(recorder),
    async close() {
      retention.stop();
      await recorder?.close();
    },
  };
}

async function openObjects(location: string): Promise<CaptureObjects> {
  if (!location.startsWith('s3://')) return forSetting(LOCATION, () => captureFolder(location));
  const { openCaptureBucket } = await importPeer(
    LOCATION,
    '@aws-sdk/client-s3',
    () => import('./open-capture-bucket.ts'),
  );
  return forSetting(LOCATION, () => openCaptureBucket(location));
}

function numbersOf(recorder: CaptureRecorder): readonly PublishedNumber[] {
  const lost = (): number =>
    Object.values(recorder.counts.lost).reduce((sum, requests) => sum + requests, 0);
  return [
    { name: 'CaptureRequestsLost', kind: 'total', read: lost },
    {
      name: 'CaptureWaitingBytes',
      kind: 'level',
      combination: 'sum',
      read: () => recorder.counts.waitingBytes,
    },
  ];
}

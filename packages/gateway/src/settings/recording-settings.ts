import { setting } from './setting.ts';
import { milliseconds, oneOf, share, text, whole, writableLocation } from './setting-values.ts';

const HOUR_MS = 3_600_000;

/** Records of what versions receive and answer. */
export const recordingSettings = {
  stateFolder: setting(
    'FAIRLEAD_STATE_FOLDER',
    text.optional(),
    undefined,
    'Folder on this host for records that wait to be stored. The gateways of one host may share it.',
  ),
  windows: setting(
    'FAIRLEAD_WINDOWS',
    oneOf('auto', 'on', 'off'),
    'auto',
    'Counts what each version receives and answers, and stores the counts in `windows/` of the registry, for drift reports. `auto` is `on` with FAIRLEAD_STATE_FOLDER; without that folder, `on` loses windows while the registry is unavailable.',
  ),
  windowsSlotMs: setting(
    'FAIRLEAD_WINDOWS_SLOT_MS',
    whole(1000, HOUR_MS).refine(
      (value) => HOUR_MS % value === 0 && value % 1000 === 0,
      `must be whole seconds that divide an hour, which is ${HOUR_MS}`,
    ),
    '300000',
    'Length of a window, in whole seconds. It must divide an hour, and be the same on all hosts.',
  ),
  windowsSpoolBytes: setting(
    'FAIRLEAD_WINDOWS_SPOOL_BYTES',
    whole(0, 2 ** 40),
    '67108864',
    'Maximum size of the windows that wait on this host while the registry is unavailable; further ones are lost, and counted.',
  ),
  drift: setting(
    'FAIRLEAD_DRIFT',
    oneOf('auto', 'on', 'off'),
    'auto',
    'Judges from the windows of all hosts whether features and outputs drift from the training table, stores verdicts in `drift/` of the registry, and records changes in the history of the model. `auto` is `on` with windows.',
  ),
  driftUnit: setting(
    'FAIRLEAD_DRIFT_UNIT',
    oneOf('hour', 'day'),
    'hour',
    'Span that is judged at once. Traffic with a daily cycle needs `day`. It must be the same on all hosts.',
  ),
  driftIntervalMs: setting(
    'FAIRLEAD_DRIFT_INTERVAL_MS',
    milliseconds,
    '300000',
    'Interval at which finished hours or days are looked for; the first time is random within it.',
  ),
  captureLocation: setting(
    'FAIRLEAD_CAPTURE_LOCATION',
    writableLocation.optional(),
    undefined,
    'Stores a share of the requests with their answers as Parquet, without sensitive features, and labels of them: a folder, or `s3://bucket/prefix`. Requires FAIRLEAD_STATE_FOLDER.',
  ),
  captureShare: setting(
    'FAIRLEAD_CAPTURE_SHARE',
    share,
    '0.1',
    'Share of the requests that is captured, from 0 to 1; 0 captures none and accepts labels only.',
  ),
  captureRoutingKeys: setting(
    'FAIRLEAD_CAPTURE_ROUTING_KEYS',
    oneOf('0', '1').transform((value) => value === '1'),
    '0',
    '`1` stores the routing key of each captured request, by which its rows can be deleted. The key may be personal data, such as the id of a user: it is stored as it was sent. See FAIRLEAD_ROUTING_KEY_HEADER.',
  ),
  captureSpoolBytes: setting(
    'FAIRLEAD_CAPTURE_SPOOL_BYTES',
    whole(1, 2 ** 46),
    '536870912',
    'Maximum size of the captured requests that wait on this host to be stored; further ones are not captured, and counted.',
  ),
  captureRetentionDays: setting(
    'FAIRLEAD_CAPTURE_RETENTION_DAYS',
    whole(0, 36_500),
    '90',
    'Age in days at which captured requests and labels are deleted; 0 never deletes.',
  ),
} as const;

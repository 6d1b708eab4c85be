import { accessSettings } from './access-settings.ts';
import { inferenceSettings } from './inference-settings.ts';
import { jobsSettings } from './jobs-settings.ts';
import { limitsSettings } from './limits-settings.ts';
import { listeningSettings } from './listening-settings.ts';
import { monitoringSettings } from './monitoring-settings.ts';
import { noticeSettings } from './notice-settings.ts';
import { processSettings } from './process-settings.ts';
import { protocolSettings } from './protocol-settings.ts';
import { recordingSettings } from './recording-settings.ts';
import { registrySettings } from './registry-settings.ts';
import type { Setting } from './setting.ts';

/** In place of a model: the version that it served before. */
export const PREVIOUS_VERSION = 'previous-version';

/** Every setting, by the headings and in the order of `docs/settings.md`. */
export const settingGroups = {
  'Listening and timeouts': listeningSettings,
  Processes: processSettings,
  'Access and limits': accessSettings,
  'Shared limits and quotas': limitsSettings,
  'Registry and models': registrySettings,
  Inference: inferenceSettings,
  Protocols: protocolSettings,
  Jobs: jobsSettings,
  Recording: recordingSettings,
  Monitoring: monitoringSettings,
  Notices: noticeSettings,
} as const;

/** Every setting. */
export const settings = {
  ...listeningSettings,
  ...processSettings,
  ...accessSettings,
  ...limitsSettings,
  ...registrySettings,
  ...inferenceSettings,
  ...protocolSettings,
  ...jobsSettings,
  ...recordingSettings,
  ...monitoringSettings,
  ...noticeSettings,
} as const;

type SettingName = keyof typeof settings;

/** The settings of the gateway, checked. */
export type Settings = {
  readonly [N in SettingName]: (typeof settings)[N] extends Setting<infer T> ? T : never;
};

export { createGateway, type Gateway, type GatewayOptions } from './create-gateway.ts';
export type { LogDestination } from './monitoring/logger.ts';
export { driftNotice } from './notices/drift-notices.ts';
export { openNotifier, testNotices } from './notices/open-notifier.ts';
export { startProcesses, type RunningProcesses } from './processes/start-processes.ts';
export { runGateway } from './run-gateway.ts';
export { readSettings } from './settings/read-settings.ts';
export { SettingsError } from './settings/settings-error.ts';
export type { Settings } from './settings/settings.ts';

import { importPeer } from '../settings/import-peer.ts';

/** Setting that switches the publication to CloudWatch on. */
export const NAMESPACE = 'FAIRLEAD_CLOUDWATCH_NAMESPACE';

/**
 * Loads what needs the AWS SDK.
 *
 * @throws SettingsError when it isn't installed.
 */
export function importCloudWatch() {
  return importPeer(NAMESPACE, '@aws-sdk/client-cloudwatch', () => import('./open-cloudwatch.ts'));
}

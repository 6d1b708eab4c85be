import { parseEnv } from 'node:util';

import { openStore, type ObjectStore } from '@fairlead/registry';

import { instanceRegion } from '../secrets/instance-region.ts';
import { readIfThere } from '../secrets/replace-file.ts';
import { hostError } from '../host-error.ts';
import type { BackupPlan } from '../../state/backup-plan.ts';

/** Largest record of files. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** Returns the location of the backups of one host: a name of letters, digits, `.`, `_` and `-`. */
export function hostLocation(to: string, host: string): string {
  return `${to}/${host.replaceAll(/[^\w.-]/g, '_')}`;
}

/** Adds the variables of a file to the environment, as systemd does for the unit of the backup. */
async function readCredentials(secretsFile: string): Promise<void> {
  const file = await readIfThere(secretsFile);
  for (const [name, value] of Object.entries(parseEnv(file?.content.toString() ?? ''))) {
    process.env[name] ??= value;
  }
}

/** Opens the store of backups. The SDK finds the region of a bucket in the environment only. */
export async function openBackupStore(
  location: string,
  {
    region,
    secretsFile,
    create = false,
  }: Pick<BackupPlan, 'region' | 'secretsFile'> & { readonly create?: boolean },
): Promise<ObjectStore> {
  if (location.startsWith('s3://')) {
    if (secretsFile !== undefined) await readCredentials(secretsFile);
    const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    process.env.AWS_REGION =
      region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? (await instanceRegion(process.env));
  }
  try {
    return await openStore(location, { create });
  } catch (cause) {
    throw hostError(
      `The backup ${location} can't be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

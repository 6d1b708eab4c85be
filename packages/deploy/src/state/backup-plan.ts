import { normalize } from 'node:path/posix';

import { hostState, type Deployment } from '@fairlead/deploy-config';
import * as z from 'zod';

/** State that a host backs up and restores, as the manifest of a release has it. */
export interface BackupPlan {
  /** Folder, or `s3://bucket/prefix`. */
  readonly to: string;
  /** AWS region of the bucket, if it is set. */
  readonly region?: string | undefined;
  /** File of `NAME=value` lines with credentials of AWS, if it is set. */
  readonly secretsFile?: string | undefined;
  /** Registry in a folder of the host. */
  readonly registry?:
    | {
        readonly path: string;
        /** Account and group of the gateway, which writes to it. */
        readonly owner: string;
      }
    | undefined;
  /** Absolute paths of files, such as the API keys. */
  readonly files: readonly string[];
}

const path = z
  .string()
  .startsWith('/')
  .max(1024)
  .refine((text) => normalize(text) === text && !/\p{Cc}/u.test(text), {
    error: 'is no normalized path',
  });

/** Schema of a backup in a manifest. */
export const backupPlanSchema: z.ZodType<BackupPlan> = z.strictObject({
  to: z.union([path, z.string().regex(/^s3:\/\/[\w./-]{1,1000}$/)]),
  region: z
    .string()
    .regex(/^[a-z0-9-]{3,32}$/)
    .optional(),
  secretsFile: path.optional(),
  registry: z
    .strictObject({
      path,
      owner: z.string().regex(/^[a-z_][a-z0-9_-]{0,30}:[a-z_][a-z0-9_-]{0,30}$/),
    })
    .optional(),
  files: z.array(path),
});

/** Returns the backup of a deployment for its manifest; `undefined` without one. */
export function backupPlanOf(deployment: Deployment): BackupPlan | undefined {
  const { backup, gateway } = deployment;
  if (backup === undefined) return undefined;
  const state = hostState(deployment);
  const registry = state.find(({ backup: how }) => how === 'registry');
  const { user, group } = gateway.service ?? { user: 'root', group: 'root' };
  return {
    to: backup.to,
    ...(backup.region !== undefined && { region: backup.region }),
    ...(backup.secretsFile !== undefined && { secretsFile: backup.secretsFile }),
    ...(registry && { registry: { path: registry.path, owner: `${user}:${group}` } }),
    files: state.filter(({ backup: how }) => how === 'file').map((each) => each.path),
  };
}

import type { AbsolutePath } from '../values/absolute-path.ts';

/** Checked backup of a host. */
export interface Backup {
  /** Absolute path of a folder, or `s3://bucket/prefix`. */
  readonly to: string;
  /** Times, in the syntax of systemd's `OnCalendar`. */
  readonly schedule: string;
  /** AWS region; `undefined` for that of the environment or the instance. */
  readonly region: string | undefined;
  /** File with credentials. */
  readonly secretsFile: AbsolutePath | undefined;
}

/** Fills in the defaults of a backup. */
export function resolveBackup(
  given:
    | {
        readonly to: string;
        readonly schedule?: string | undefined;
        readonly region?: string | undefined;
        readonly secretsFile?: AbsolutePath | undefined;
      }
    | undefined,
): Backup | undefined {
  if (given === undefined) return undefined;
  const { to, schedule = '*-*-* 03:00:00', region, secretsFile } = given;
  return { to, schedule, region, secretsFile };
}

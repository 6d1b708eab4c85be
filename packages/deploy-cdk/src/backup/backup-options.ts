import { checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';

/** Plan of AWS Backup for the buckets, and for volumes of hosts that have state. */
export interface BackupOptions {
  /** Time of the daily backup in UTC, `HH:MM`. Example: `'01:30'`. @defaultValue `'05:00'` */
  readonly time?: string;
  /** Days after which a daily backup is deleted. Example: `90`. @defaultValue `35` */
  readonly retentionDays?: number;
  /**
   * Deletions of backups are refused for everyone, the root user included, until their retention ends: three days after the vault was created, this
   * can't be switched off any more. Example: `true`.
   * @defaultValue `false`
   */
  readonly lock?: boolean;
}

/** Options with their defaults. */
export interface ResolvedBackup {
  readonly hour: number;
  readonly minute: number;
  readonly retentionDays: number;
  readonly lock: boolean;
}

/** Fills in the defaults. */
export function resolveBackup(options: BackupOptions): ResolvedBackup {
  checkOptions('backup', options, {
    time: 'optional',
    retentionDays: 'optional',
    lock: 'optional',
  });
  const { time = '05:00', retentionDays = 35, lock = false } = options;
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  if (hour === undefined || minute === undefined) {
    throw invalidOption(
      `Option backup.time is ${JSON.stringify(time)}: expected a time of day in UTC such as "05:00".`,
    );
  }
  checkWholeNumber('backup.retentionDays', retentionDays, { min: 1, max: 36_500 });
  return { hour: Number(hour), minute: Number(minute), retentionDays, lock };
}

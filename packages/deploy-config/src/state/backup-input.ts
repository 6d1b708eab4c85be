/** Regular backup of the state that lives on a host. */
export interface BackupInput {
  /** Folder, such as a mounted volume that root owns, or `s3://bucket/prefix`; each host writes below its own name. */
  readonly to: string;
  /** Times, in the syntax of systemd's `OnCalendar`. @defaultValue `'*-*-* 03:00:00'` */
  readonly schedule?: string;
  /** AWS region of the bucket. @defaultValue `AWS_REGION` of `secretsFile`, else the region of the instance */
  readonly region?: string;
  /** File of `NAME=value` lines with credentials, for a host without a role of AWS. @defaultValue none */
  readonly secretsFile?: string;
}

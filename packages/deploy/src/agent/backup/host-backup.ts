// Separate module of the agent: the registry, and the SDK of S3, are in releases with a backup only.
export { backupHost } from './backup-host.ts';
export { restoreHost } from './restore-host.ts';

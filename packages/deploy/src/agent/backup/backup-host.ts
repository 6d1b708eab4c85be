import { execFile } from 'node:child_process';
import { chmod, mkdir, open } from 'node:fs/promises';
import { promisify } from 'node:util';

import { openStore } from '@fairlead/registry';
import { backupRegistry } from '@fairlead/registry/maintenance';

import { hostError } from '../host-error.ts';
import type { BackupPlan } from '../../state/backup-plan.ts';
import { digest, serializeRecord, type BackupRecord } from './backup-record.ts';
import { hostLocation, MAX_RECORD_BYTES, openBackupStore } from './backup-store.ts';

/** Records of files that stay. */
const MAX_RECORDS = 30;

/** Result of a backup. */
export interface BackupReport {
  /** Place of this host's backups. */
  readonly location: string;
  /** Files in the new record. */
  readonly files: number;
  /** Objects of the registry that were new; `undefined` without a registry on the host. */
  readonly objects: number | undefined;
}

/**
 * Backs up the state of this host: the objects of the registry that the backup lacks, then all files as one new object.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` naming what couldn't be backed up; everything else is in the backup then.
 */
export async function backupHost(
  plan: BackupPlan,
  host: string,
  now: Date = new Date(),
): Promise<BackupReport> {
  const location = hostLocation(plan.to, host);
  if (location.startsWith('/')) {
    await mkdir(location, { recursive: true });
    // It has keys and secrets.
    await chmod(location, 0o700);
  }
  const store = await openBackupStore(`${location}/files`, { ...plan, create: true });
  const problems: string[] = [];
  let objects: number | undefined;
  if (plan.registry !== undefined) {
    const { path } = plan.registry;
    try {
      const report = await backupRegistry(await openStore(path), `${location}/registry`);
      objects = report.created;
    } catch (error) {
      problems.push(`the registry ${path}: ${messageOf(error)}`);
    }
  }
  const files: BackupRecord['files'] = [];
  for (const path of plan.files) {
    try {
      files.push(await readFileOf(path));
    } catch (error) {
      problems.push(`the file ${path}: ${messageOf(error)}`);
    }
  }
  const at = now.toISOString();
  const record = {
    format: 'fairlead-backup/1' as const,
    host,
    at,
    registry: objects !== undefined,
    files,
  };
  const content = serializeRecord(record);
  if (content.length > MAX_RECORD_BYTES) {
    throw hostError(
      `The files of this host have more than ${MAX_RECORD_BYTES / 1024 ** 2} MiB: ${plan.files.join(', ')}. Back up large files separately.`,
    );
  }
  await store.create(`${at.replaceAll(':', '')}.json`, content);
  const names = (await store.list(''))
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.json'));
  for (const old of names.sort().slice(0, -MAX_RECORDS)) await store.remove(old);
  if (problems.length > 0) {
    throw hostError(`The backup ${location} lacks ${problems.join('; ')}.`);
  }
  return { location, files: files.length, objects };
}

async function readFileOf(path: string): Promise<BackupRecord['files'][number]> {
  const file = await open(path, 'r');
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > MAX_RECORD_BYTES) {
      throw new Error('it is no regular file, or too large');
    }
    const content = await file.readFile();
    return {
      path,
      mode: (stats.mode & 0o7777).toString(8),
      owner: `${await nameOf('passwd', stats.uid)}:${await nameOf('group', stats.gid)}`,
      sha256: digest(content),
      content: content.toString('base64'),
    };
  } finally {
    await file.close();
  }
}

/** Returns the name of an account or a group: another host may have another number for it. */
async function nameOf(database: 'passwd' | 'group', id: number): Promise<string> {
  const { stdout } = await promisify(execFile)('getent', [database, String(id)]);
  return stdout.split(':')[0] ?? String(id);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

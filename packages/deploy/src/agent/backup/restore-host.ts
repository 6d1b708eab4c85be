import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

import type { ObjectStore } from '@fairlead/registry';
import { restoreRegistry } from '@fairlead/registry/maintenance';

import { hostError } from '../host-error.ts';
import { readIfThere, replaceFile } from '../secrets/replace-file.ts';
import type { BackupPlan } from '../../state/backup-plan.ts';
import { parseRecord, type BackupRecord } from './backup-record.ts';
import { hostLocation, MAX_RECORD_BYTES, openBackupStore } from './backup-store.ts';

/** Backup that a host is restored from. */
export interface RestoreSource {
  /** Folder, or `s3://bucket/prefix`; `undefined` for the backups of the deployment. */
  readonly from: string | undefined;
  /** Name of the host whose backup it is; `undefined` for this host, or for the only one that has a backup. */
  readonly host: string | undefined;
}

/** Result of a restore. */
export interface RestoreReport {
  /** Place of the backup. */
  readonly location: string;
  /** Time of the backup in ISO 8601. */
  readonly at: string;
  /** Paths of the restored files. */
  readonly files: readonly string[];
  /** Models of the restored registry; `undefined` if the backup has none. */
  readonly models: readonly string[] | undefined;
}

/**
 * Restores the state of a host from its latest backup: files with mode and owner, then the registry, of which every byte is
 * verified. Nothing on the host is overwritten: what is there already must be the same. An interrupted restore is completed.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` naming what differs, or what the backup lacks
 */
export async function restoreHost(
  plan: BackupPlan,
  { from = plan.to, host }: RestoreSource,
  thisHost: string,
): Promise<RestoreReport> {
  const name = await chooseHost(await openBackupStore(from, plan), from, { host, thisHost });
  const location = hostLocation(from, name);
  const store = await openBackupStore(`${location}/files`, plan);
  const record = await readLatest(store, location);
  // The release decides what may be written on the host, not the backup.
  const files = record.files.filter(({ path }) => plan.files.includes(path));
  for (const file of files) await checkConflict(file);
  for (const file of files) await writeFileOf(file);
  const models = await restoreRegistryOf(plan, record, location);
  return { location, at: record.at, files: files.map(({ path }) => path), models };
}

async function chooseHost(
  store: ObjectStore,
  from: string,
  { host, thisHost }: { readonly host: string | undefined; readonly thisHost: string },
): Promise<string> {
  const names = (await store.list(''))
    .filter(({ kind }) => kind === 'folder')
    .map(({ name }) => name);
  const chosen = host ?? (names.includes(thisHost) || names.length !== 1 ? thisHost : names[0]);
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  const list = names.length === 0 ? 'none' : names.join(', ');
  throw hostError(
    `${from} has no backup of the host ${chosen ?? ''}, but of: ${list}. Name one of these hosts, or another place.`,
  );
}

async function readLatest(store: ObjectStore, location: string): Promise<BackupRecord> {
  const names = (await store.list(''))
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.json'));
  const latest = names.sort().at(-1);
  if (latest === undefined) throw hostError(`${location} has no backup of files.`);
  const content = await store.read(latest, { maxBytes: MAX_RECORD_BYTES });
  try {
    return parseRecord(content ?? new Uint8Array());
  } catch (error) {
    throw hostError(
      `The backup ${location}/files/${latest} is damaged: ${error instanceof Error ? error.message : ''}. Remove it to use the one before.`,
    );
  }
}

async function checkConflict({ path, content }: BackupRecord['files'][number]): Promise<void> {
  const found = await readIfThere(path);
  if (found === undefined || found.content.equals(Buffer.from(content, 'base64'))) return;
  throw hostError(
    `${path} exists on this host with another content than in the backup. Remove it to restore it, or leave the restore out.`,
  );
}

async function writeFileOf({
  path,
  mode,
  owner,
  content,
}: BackupRecord['files'][number]): Promise<void> {
  const [user = '', group = ''] = owner.split(':');
  const ids = [await idOf('passwd', user, path), await idOf('group', group, path)] as const;
  await replaceFile(path, Buffer.from(content, 'base64'), {
    mode: Number.parseInt(mode, 8),
    uid: ids[0],
    gid: ids[1],
  });
}

async function restoreRegistryOf(
  { registry }: BackupPlan,
  record: BackupRecord,
  location: string,
): Promise<readonly string[] | undefined> {
  if (registry === undefined || !record.registry) return undefined;
  // Folders above it may be missing too on a new host.
  const first = (await mkdir(registry.path, { recursive: true, mode: 0o700 })) ?? registry.path;
  const { models, verified } = await restoreRegistry(`${location}/registry`, registry.path);
  await promisify(execFile)('chown', ['-R', '--', registry.owner, first]);
  if (!verified.ok) {
    throw hostError(
      `The registry of ${location} was restored, but ${verified.problems.length} objects are damaged in the backup.`,
    );
  }
  return models;
}

async function idOf(database: 'passwd' | 'group', name: string, path: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('getent', [database, name]);
    return Number(stdout.split(':')[2]);
  } catch (cause) {
    throw hostError(`The owner ${name} of ${path} is no account or group of this host.`, cause);
  }
}

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { CaptureObjects } from '@fairlead/capture';

/** Captured requests to read. */
export interface CaptureSelection {
  readonly model: string;
  /** All versions if it is missing. */
  readonly version?: string | undefined;
  /** Begin and end in milliseconds since the epoch: hours that overlap them. */
  readonly since: number;
  readonly until: number;
}

/** Paths of files on this machine. */
export interface CapturedFiles {
  /** Folder that holds all of them. */
  readonly root: string;
  readonly captures: readonly string[];
  readonly labels: readonly string[];
}

const HOUR_MS = 3_600_000;
const PARALLEL = 8;

/** Finds the files of captured requests and of the labels of their model; those in a bucket are copied into `temporary`. */
export async function findCapturedFiles(
  objects: CaptureObjects,
  selection: CaptureSelection,
  temporary: string,
): Promise<CapturedFiles> {
  const captures = await captureKeys(objects, selection);
  const labels = await labelKeys(objects, selection.model);
  if (!objects.location.startsWith('s3://')) {
    const root = resolve(objects.location);
    const pathOf = (key: string): string => join(root, key);
    return { root, captures: captures.map(pathOf), labels: labels.map(pathOf) };
  }
  const paths = await copyObjects(objects, [...captures, ...labels], temporary);
  return {
    root: temporary,
    captures: captures.flatMap((key) => paths.get(key) ?? []),
    labels: labels.flatMap((key) => paths.get(key) ?? []),
  };
}

async function captureKeys(
  objects: CaptureObjects,
  { model, version, since, until }: CaptureSelection,
): Promise<readonly string[]> {
  const keys: string[] = [];
  const root = `captures/model=${encodeURIComponent(model)}`;
  const wanted = version === undefined ? undefined : `version=${encodeURIComponent(version)}`;
  for (const versions of await foldersIn(objects, root)) {
    if (wanted !== undefined && versions !== wanted) continue;
    for (const date of await foldersIn(objects, `${root}/${versions}`)) {
      const day = Date.parse(date.replace(/^date=/u, ''));
      if (!(day < until && day + 24 * HOUR_MS > since)) continue;
      for (const hour of await foldersIn(objects, `${root}/${versions}/${date}`)) {
        const begin = day + Number(hour.replace(/^hour=/u, '')) * HOUR_MS;
        if (!(begin < until && begin + HOUR_MS > since)) continue;
        keys.push(...(await objectsIn(objects, `${root}/${versions}/${date}/${hour}`, '.parquet')));
      }
    }
  }
  return keys;
}

async function labelKeys(objects: CaptureObjects, model: string): Promise<readonly string[]> {
  const root = `labels/model=${encodeURIComponent(model)}`;
  const days = await foldersIn(objects, root);
  const keys = days.map((day) => objectsIn(objects, `${root}/${day}`, '.jsonl'));
  return (await Promise.all(keys)).flat();
}

async function foldersIn(objects: CaptureObjects, folder: string): Promise<readonly string[]> {
  const entries = await objects.list(folder);
  return entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
}

async function objectsIn(
  objects: CaptureObjects,
  folder: string,
  ending: string,
): Promise<readonly string[]> {
  const entries = await objects.list(folder);
  return entries
    .filter(({ name, kind }) => kind === 'object' && name.endsWith(ending))
    .map(({ name }) => `${folder}/${name}`);
}

/** Copies objects; one that was removed in between is left out. */
async function copyObjects(
  objects: CaptureObjects,
  keys: readonly string[],
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  const waiting = [...keys];
  const copy = async (): Promise<void> => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      const object = await objects.read(key);
      if (object === undefined) continue;
      const path = join(folder, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, object.body);
      paths.set(key, path);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, copy));
  return paths;
}

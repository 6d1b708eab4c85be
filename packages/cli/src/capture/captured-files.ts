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

const PARALLEL = 8;

/** Finds the files of captured requests and of the labels of their model; those in a bucket are copied into `temporary`. */
export async function findCapturedFiles(
  objects: CaptureObjects,
  selection: CaptureSelection,
  temporary: string,
): Promise<CapturedFiles> {
  const { listCaptures, listLabels } = await import('@fairlead/capture');
  const captures: string[] = [];
  for await (const { key, hour } of listCaptures(objects, selection)) {
    if (hour < selection.until) captures.push(key);
  }
  const labels: string[] = [];
  for await (const { key } of listLabels(objects, selection.model)) labels.push(key);
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

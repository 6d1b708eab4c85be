import { readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CaptureError } from '../capture-error.ts';
import { invalidOption } from '../check-options.ts';
import {
  absentIf,
  linkIfAbsent,
  removeFile,
  replaceFile,
  tagOf,
  writeTemporary,
} from '../files/durable-file.ts';
import { isProcessFolder, isRunning } from '../files/process-name.ts';
import type { CaptureObjects } from './capture-objects.ts';

/** Folder of unfinished writes. */
const TEMPORARY = '.tmp';

/**
 * Stores captures and labels in a folder, which is created: a file is written beside its place, synced, and linked or renamed to it.
 *
 * The processes of one host may share it.
 *
 * @throws CaptureError `ERR_CAPTURE_INVALID_OPTION` for an empty path; its methods throw `ERR_CAPTURE_STORE_FAILED`
 *
 * @example
 * ```ts
 * import { captureFolder } from '@fairlead/capture';
 *
 * const objects = captureFolder('./captures');
 * const body = new TextEncoder().encode('hello');
 * console.log(await objects.create('a/b', body), await objects.create('a/b', body)); // true false
 * ```
 */
export function captureFolder(path: string): CaptureObjects {
  if (typeof path !== 'string' || path === '') {
    throw invalidOption('captureFolder: path must be the path of a folder.');
  }
  const root = resolve(path);
  const temporaries = join(root, TEMPORARY);
  const pathOf = (key: string): string => {
    if (key.split('/').every((name) => name !== '' && !name.startsWith('.'))) {
      return join(root, ...key.split('/'));
    }
    throw invalidOption(`captureFolder: ${JSON.stringify(key)} can't be the key of an object.`);
  };

  return {
    location: root,

    create: (key, body) =>
      attempt('create', key, async () => {
        const target = pathOf(key);
        const temporary = await writeTemporary(temporaries, body);
        try {
          return await linkIfAbsent(temporary, target);
        } finally {
          await rm(temporary, { force: true });
        }
      }),

    read: (key) =>
      attempt('read', key, async () => {
        const target = pathOf(key);
        try {
          const tag = await tagOf(target);
          const body = await readFile(target);
          // Replaced in between: the content of one moment needs its tag.
          return { body, tag: tag === (await tagOf(target)) ? tag : '' };
        } catch (error) {
          absentIf('ENOENT', error, undefined);
          return;
        }
      }),

    replace: (key, body, tag) =>
      attempt('replace', key, () => replaceFile(pathOf(key), body, { tag, temporaries })),

    remove: (key) => attempt('remove', key, () => removeFile(pathOf(key), root)),

    list: (folder) =>
      attempt('list', folder, async () => {
        const entries = await readdir(folder === '' ? root : pathOf(folder), {
          withFileTypes: true,
        }).catch((error: unknown) => absentIf('ENOENT', error, []));
        return entries
          .filter(({ name }) => !name.startsWith('.'))
          .filter((entry) => entry.isFile() || entry.isDirectory())
          .map((entry) => ({
            name: entry.name,
            kind: entry.isFile() ? ('object' as const) : ('folder' as const),
          }))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
      }),

    sweep: () =>
      attempt('sweep', TEMPORARY, async () => {
        const names = await readdir(temporaries).catch((error: unknown) =>
          absentIf<string[]>('ENOENT', error, []),
        );
        const left = names.filter((name) => isProcessFolder(name) && !isRunning(name));
        for (const name of left) await rm(join(temporaries, name), { force: true });
        return left.length;
      }),
  };

  async function attempt<T>(work: string, key: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof CaptureError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new CaptureError(
        'ERR_CAPTURE_STORE_FAILED',
        `could not ${work} ${key} in ${root}: ${reason}`,
        { cause: error },
      );
    }
  }
}

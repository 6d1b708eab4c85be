import { randomUUID } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { ContainerFile, RenderedFile } from '@fairlead/deploy-config';
import { CliError } from '../cli-error.ts';
import { errorCodeOf } from '../exit-code.ts';
import { fileError } from '../read-file.ts';

/** A file of a host or of containers. */
export type WritableFile = ContainerFile & Partial<Pick<RenderedFile, 'owner' | 'role'>>;

/** A rendered file and its state on disk. */
export interface PlacedFile {
  /** Its path on disk. */
  readonly path: string;
  readonly state: 'missing' | 'changed' | 'unchanged';
  readonly rendered: WritableFile;
}

/**
 * Finds the path of each file below `out`, the root of the host, and compares it with the file on disk.
 *
 * @throws CliError `ERR_CLI_UNSAFE_PATH` for a path outside of `out`, by its name or by a symbolic link.
 */
export async function placeFiles(
  out: string,
  files: readonly WritableFile[],
): Promise<readonly PlacedFile[]> {
  const root = resolve(out);
  const placed: PlacedFile[] = [];
  for (const rendered of files) {
    const path = join(root, rendered.path);
    if (relative(root, path).split(sep)[0] === '..') throw unsafe(rendered.path, root);
    await rejectLinks(root, path);
    placed.push({ path, state: await compare(path, rendered), rendered });
  }
  return placed;
}

/** Writes files atomically: a reader sees the old content or the new. */
export async function writeFiles(files: readonly PlacedFile[]): Promise<void> {
  for (const { path, state, rendered } of files) {
    if (state === 'unchanged') continue;
    const temporary = `${path}.${randomUUID()}`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, rendered.content, { flag: 'wx', mode: rendered.mode });
      // The umask may have removed bits.
      await chmod(temporary, rendered.mode);
      await rename(temporary, path);
    } catch (cause) {
      throw fileError(path, 'a rendered file', cause);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

async function compare(
  path: string,
  { content, mode }: WritableFile,
): Promise<PlacedFile['state']> {
  try {
    const same =
      (await readFile(path, 'utf8')) === content && ((await stat(path)).mode & 0o777) === mode;
    return same ? 'unchanged' : 'changed';
  } catch (cause) {
    if (errorCodeOf(cause) === 'ENOENT') return 'missing';
    throw fileError(path, 'a rendered file', cause);
  }
}

/** Requires that the deepest existing folder of `path` is inside of `root`, and that the file is no link. */
async function rejectLinks(root: string, path: string): Promise<void> {
  if ((await lstat(path).catch(() => undefined))?.isSymbolicLink() === true)
    throw unsafe(path, root);
  const realRoot = await realpath(root).catch(() => undefined);
  if (realRoot === undefined) return;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const real = await realpath(folder).catch(() => undefined);
    if (real === undefined && folder !== root) continue;
    if (real === undefined || relative(realRoot, real).split(sep)[0] !== '..') return;
    throw unsafe(path, root);
  }
}

function unsafe(path: string, root: string): CliError {
  return new CliError(
    'ERR_CLI_UNSAFE_PATH',
    `${path} is outside of ${root}, or reached through a symbolic link: nothing was written; choose another folder with --out`,
  );
}

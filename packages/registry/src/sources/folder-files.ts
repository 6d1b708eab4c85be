import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { RegistryError } from '../errors/registry-error.ts';
import { artifactPathProblem } from '../versions/artifact-path.ts';

// Also of folders: links to links multiply.
const MAX_ENTRIES = 20_000;

/**
 * Every file below `folder`: its path within → where it is. Links are followed as far as they stay in the folder.
 *
 * `ignore` lists names of files and folders to skip at any depth: `.git`, or `*.pyc` for a suffix.
 *
 * @throws RegistryError `ERR_REGISTRY_SOURCE_UNREADABLE`; `ERR_REGISTRY_INVALID_PATH` for a link that leads out of the
 * folder, and a name that no version can have; `ERR_REGISTRY_INVALID_SOURCE` for a pipe or a device, and for too many files.
 */
export async function folderFiles(
  folder: string,
  ignore: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const root = await attempt(folder, () => realpath(folder));
  if (!(await attempt(folder, () => stat(root))).isDirectory()) {
    throw unreadable(folder, 'it is not a folder');
  }
  const files = new Map<string, string>();
  const walk = { root, files, entries: 0, isIgnored: ignoring(ignore) };
  await addFolder(walk, '', root, new Set([root]));
  return files;
}

/**
 * Those of `paths` that are files below `folder`, as {@link folderFiles} has it.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_PATH` for a path or a link that leads out of the folder;
 * `ERR_REGISTRY_SOURCE_UNREADABLE`
 */
export async function filesAmong(
  folder: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  if (paths.length === 0) return files;
  const root = await attempt(folder, () => realpath(folder));
  for (const path of paths) {
    checkPathWithin(path, `which should be a file in ${folder}`);
    const target = await realpath(join(root, path)).catch(() => undefined);
    if (target === undefined) continue;
    checkWithin(root, path, target);
    if ((await attempt(target, () => stat(target))).isFile()) files.set(path, target);
  }
  return files;
}

/** @throws RegistryError `ERR_REGISTRY_INVALID_PATH` unless `path` is valid in a version; `what` describes it in the message. */
export function checkPathWithin(path: string, what: string): void {
  const problem = artifactPathProblem(path);
  if (problem === undefined) return;
  const shown = JSON.stringify(path.slice(0, 200));
  const message = `cannot push ${shown}, ${what}: ${problem}`;
  throw new RegistryError('ERR_REGISTRY_INVALID_PATH', message);
}

interface Walk {
  readonly root: string;
  readonly files: Map<string, string>;
  readonly isIgnored: (name: string) => boolean;
  entries: number;
}

async function addFolder(
  walk: Walk,
  prefix: string,
  place: string,
  above: ReadonlySet<string>,
): Promise<void> {
  const names = (await attempt(place, () => readdir(place))).sort();
  for (const name of names) {
    if (walk.isIgnored(name)) continue;
    walk.entries += 1;
    if (walk.entries > MAX_ENTRIES) {
      const problem = `${walk.root} has more than ${MAX_ENTRIES} files and folders: is it the right one?`;
      throw new RegistryError('ERR_REGISTRY_INVALID_SOURCE', problem);
    }
    const path = prefix + name;
    const problem = artifactPathProblem(path);
    if (problem !== undefined) throw invalidPath(path, problem);
    // For a link, its final target.
    const target = await attempt(join(place, name), () => realpath(join(place, name)));
    checkWithin(walk.root, path, target);
    const stats = await attempt(target, () => stat(target));
    if (stats.isDirectory()) {
      if (above.has(target)) throw invalidPath(path, 'it is a link to a folder that it is in');
      await addFolder(walk, `${path}/`, target, new Set([...above, target]));
    } else if (stats.isFile()) {
      walk.files.set(path, target);
    } else {
      const problem = `${target} is neither a file nor a folder: move it, or ignore ${JSON.stringify(basename(path))}`;
      throw new RegistryError('ERR_REGISTRY_INVALID_SOURCE', problem);
    }
  }
}

function checkWithin(root: string, path: string, target: string): void {
  if (target.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  throw invalidPath(
    path,
    target === root
      ? 'it is a link to a folder that it is in'
      : 'it is a link that leads out of the folder',
  );
}

function ignoring(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.startsWith('*')));
  const ends = patterns.filter((pattern) => pattern.startsWith('*')).map((each) => each.slice(1));
  return (name) => names.has(name) || ends.some((end) => name.endsWith(end));
}

async function attempt<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw unreadable(place, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function unreadable(place: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError('ERR_REGISTRY_SOURCE_UNREADABLE', `cannot read ${place}: ${why}`, {
    cause,
  });
}

function invalidPath(path: string, problem: string): RegistryError {
  const shown = JSON.stringify(path.slice(0, 200));
  return new RegistryError(
    'ERR_REGISTRY_INVALID_PATH',
    `cannot push the file ${shown}: ${problem}`,
  );
}

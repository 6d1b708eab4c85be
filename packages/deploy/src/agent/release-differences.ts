import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { PartFile } from '../parts/release-part.ts';
import type { ReleaseManifest } from '../release/release-manifest.ts';
import { releaseFolder, type HostPaths } from './host-paths.ts';
import type { Difference } from './difference.ts';
import { BYTECODE, readBytecode } from './python/application-bytecode.ts';

/** Compares every file of a release on the host with its manifest. */
export async function releaseDifferences(
  paths: HostPaths,
  digest: string,
  { parts, python }: ReleaseManifest,
): Promise<readonly Difference[]> {
  const folder = releaseFolder(paths, digest);
  const files = parts.flatMap((part) => part.files);
  const differences: Difference[] = [];
  for (const file of files) {
    const path = join(folder, file.path);
    const [found, expected] = await compare(path, file);
    if (found !== expected) differences.push({ subject: path, found, expected });
  }
  const listed = new Set(['manifest.json', ...files.map(({ path }) => path)]);
  if (python !== undefined) {
    // Made on the host, and compared by `pythonDifferences`.
    for (const path of ['venv', BYTECODE, ...(await readBytecode(folder)).keys()]) listed.add(path);
  }
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || listed.has(path.slice(folder.length + 1))) continue;
    differences.push({ subject: path, found: 'a file more', expected: 'missing' });
  }
  return differences;
}

/** Returns descriptions of the file that is there, and of the one that should be. */
async function compare(path: string, file: PartFile): Promise<readonly [string, string]> {
  let stats;
  try {
    stats = await lstat(path);
  } catch {
    return ['missing', 'target' in file ? `link to ${file.target}` : 'a file'];
  }
  if ('target' in file) {
    const found = stats.isSymbolicLink() ? `link to ${await readlink(path)}` : 'another file';
    return [found, `link to ${file.target}`];
  }
  if (!stats.isFile()) return ['no regular file', 'a file'];
  const mode = (stats.mode & 0o7777).toString(8);
  if (mode !== file.mode) return [`mode ${mode}`, `mode ${file.mode}`];
  if (stats.uid !== 0 || stats.gid !== 0) return [`owner ${stats.uid}:${stats.gid}`, 'owner 0:0'];
  const sha256 = stats.size === file.bytes ? await digestOfFile(path) : undefined;
  return sha256 === file.sha256 ? ['', ''] : ['another content', `SHA-256 ${file.sha256}`];
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

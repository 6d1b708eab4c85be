import { readdir, rm } from 'node:fs/promises';

import type { HostPaths } from './host-paths.ts';
import { readManifest } from './read-manifest.ts';
import { currentDigest } from './switch-release.ts';

/** Releases that stay on a host. */
const MAX_RELEASES = 3;

/** Removes releases other than the last ones that passed their gate, and parts that no release needs. */
export async function cleanUp(paths: HostPaths, history: readonly string[]): Promise<void> {
  const current = await currentDigest(paths);
  const stay = new Set([
    ...history.slice(0, MAX_RELEASES),
    ...(current === undefined ? [] : [current]),
  ]);
  await removeOthers(`${paths.root}/releases`, stay);
  const manifests = await Promise.all([...stay].map((digest) => readManifest(paths, digest)));
  const parts = manifests.flatMap((manifest) => manifest.parts.map(({ sha256 }) => sha256));
  await removeOthers(`${paths.root}/parts`, new Set(parts));
}

async function removeOthers(folder: string, stay: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!stay.has(name)) await rm(`${folder}/${name}`, { recursive: true, force: true });
  }
}

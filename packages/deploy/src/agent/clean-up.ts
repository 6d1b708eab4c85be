import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';

import type { HostPaths } from './host-paths.ts';
import { environmentPaths, environmentsFolder } from './python/environment-paths.ts';
import { readManifest } from './read-manifest.ts';
import { currentDigest } from './switch-release.ts';

/** Releases that stay on a host. */
const MAX_RELEASES = 3;

/** Removes releases other than the last ones that passed their gate, and parts and virtual environments that no release needs. */
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
  const environments = manifests.flatMap(
    (manifest) => environmentPaths(paths, manifest)?.name ?? [],
  );
  await removeOthers(environmentsFolder(paths), new Set(environments));
}

async function removeOthers(folder: string, stay: ReadonlySet<string>): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    if (!stay.has(name)) await rm(`${folder}/${name}`, { recursive: true, force: true });
  }
}

import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';

import type { ReleaseManifest } from '../release/release-manifest.ts';
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
  const manifests = await Promise.all([...stay].map((digest) => readManifest(paths, digest)));
  await removeSecrets(paths, stay, manifests);
  await removeOthers(`${paths.root}/releases`, stay);
  const parts = manifests.flatMap((manifest) => manifest.parts.map(({ sha256 }) => sha256));
  await removeOthers(`${paths.root}/parts`, new Set(parts));
  const environments = manifests.flatMap(
    (manifest) => environmentPaths(paths, manifest)?.name ?? [],
  );
  await removeOthers(environmentsFolder(paths), new Set(environments));
}

/** Removes the secrets that only releases need which are about to be removed; files that are their own source stay. */
async function removeSecrets(
  paths: HostPaths,
  stay: ReadonlySet<string>,
  manifests: readonly ReleaseManifest[],
): Promise<void> {
  const needed = new Set(manifests.flatMap(({ secrets = [] }) => secrets.map(({ path }) => path)));
  for (const digest of await readdir(`${paths.root}/releases`)) {
    if (stay.has(digest)) continue;
    // A folder without a manifest is of a preparation that was killed, which wrote no secret.
    const manifest = await readManifest(paths, digest).catch(() => undefined);
    for (const { path, from } of manifest?.secrets ?? []) {
      if (needed.has(path) || ('file' in from && from.file === path)) continue;
      await rm(path, { force: true });
    }
  }
}

async function removeOthers(folder: string, stay: ReadonlySet<string>): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    if (!stay.has(name)) await rm(`${folder}/${name}`, { recursive: true, force: true });
  }
}

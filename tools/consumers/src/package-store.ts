import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { PackedPackage } from './packed-package.ts';
import { workspaceRoot } from './workspace-root.ts';

/**
 * Installs all packages into a store as pnpm does: beside each package lies what it declares, and nothing else.
 *
 * Projects link to the packages in it; their imports resolve from the store.
 */
export function createStore(
  store: string,
  packages: readonly PackedPackage[],
  { optionalPeers }: { readonly optionalPeers: boolean },
): void {
  for (const { manifest, unpacked } of packages) {
    const target = pathInStore(store, manifest.name);
    mkdirSync(dirname(target), { recursive: true });
    // Hard links: a copy of each file would take a second.
    execFileSync('cp', ['--recursive', '--link', unpacked, target]);
  }
  for (const { manifest, folder } of packages) {
    const peers = Object.keys(manifest.peerDependencies ?? {}).filter(
      (name) => optionalPeers || manifest.peerDependenciesMeta?.[name]?.optional !== true,
    );
    const beside = pathInStore(store, manifest.name).slice(0, -manifest.name.length);
    for (const name of [...Object.keys(manifest.dependencies ?? {}), ...peers]) {
      const isPacked = packages.some((other) => other.manifest.name === name);
      link(isPacked ? pathInStore(store, name) : findInWorkspace(name, folder), join(beside, name));
    }
  }
}

/** The folder of a package in a store. */
export function pathInStore(store: string, name: string): string {
  return join(store, name.replace('/', '+'), 'node_modules', name);
}

/** The folder of a package that `folder`, or else the workspace, has installed. */
export function findInWorkspace(name: string, folder: string): string {
  const places = [folder, workspaceRoot].map((parent) => join(parent, 'node_modules', name));
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new Error(`${name} is not installed: none of ${places.join(', ')}`);
  return realpathSync(found);
}

/** Makes a symbolic link, and the folders above it. */
export function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

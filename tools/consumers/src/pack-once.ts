import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { createStore } from './package-store.ts';
import { type PackedPackage, packPackages } from './packed-package.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of everything that the tests write. */
    readonly folder: string;
    readonly packages: readonly PackedPackage[];
    /** The folder in which all packages are installed, with their optional peers. */
    readonly store: string;
    /** The same without them. */
    readonly storeWithoutPeers: string;
  }
}

/** Packs and installs all packages once for all test files, and deletes everything after the last one. */
export default async function packOnce(project: TestProject): Promise<() => void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fairlead-consumers-')));
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  project.provide('folder', folder);
  const packages = await packPackages(tarballs);
  project.provide('packages', packages);
  for (const name of ['store', 'storeWithoutPeers'] as const) {
    const store = join(folder, name);
    createStore(store, packages, { optionalPeers: name === 'store' });
    project.provide(name, store);
  }
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}

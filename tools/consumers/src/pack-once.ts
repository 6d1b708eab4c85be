import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { type PackedPackage, packPackages } from './packed-package.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of everything that the tests write. */
    readonly folder: string;
    readonly packages: readonly PackedPackage[];
  }
}

/** Packs all packages once for all test files, and deletes everything after the last one. */
export default async function packOnce(project: TestProject): Promise<() => void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fairlead-consumers-')));
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  project.provide('folder', folder);
  project.provide('packages', await packPackages(tarballs));
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}

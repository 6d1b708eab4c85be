import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { DeployError } from '../deploy-error.ts';
import type { FileEntry } from '../parts/file-entry.ts';
import { readTree } from '../parts/read-tree.ts';
import { architectureOf, type Platform } from '../platform.ts';
import { packageFolder } from './package-files.ts';

/** A package outside of the bundle. */
export interface NativePackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

interface PackageJson {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Operating systems and processors that packages name folders of binaries after. */
const systems = new Set(['linux', 'darwin', 'win32', 'freebsd', 'android']);
const processors = new Set(['x64', 'arm64', 'ia32', 'arm']);

/** Packages that are needed for installation only. */
const installers = new Set(['adm-zip', 'global-agent']);

/** Checks by the names of folders that a file isn't for another platform, and that it is read at run time. */
function accepts(path: string, platform: Platform): boolean {
  const steps = path.split('/');
  if (steps[0] === 'node_modules') return false;
  if (/\.(?:md|map|ts)$/.test(path) || /providers_(?:cuda|tensorrt)/.test(path)) return false;
  return steps.every(
    (step) =>
      (!systems.has(step) || step === 'linux') &&
      (!processors.has(step) || step === architectureOf(platform)),
  );
}

/**
 * Finds packages and all that they depend on, as the application would.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` naming a package that isn't installed.
 */
export async function findNativePackages(
  names: readonly string[],
  entry: string,
): Promise<readonly NativePackage[]> {
  const found = new Map<string, NativePackage>();
  async function add(name: string, from: string): Promise<void> {
    if (found.has(name) || installers.has(name)) return;
    const folder = packageFolder(name, from);
    if (folder === undefined) {
      throw new DeployError(
        'ERR_DEPLOY_BUILD_FAILED',
        `The package ${name}, which ${from} needs, isn't installed. Install it (npm install ${name}), or leave it out of the external packages.`,
      );
    }
    const manifest = join(folder, 'package.json');
    const { version, dependencies = {} } = JSON.parse(
      await readFile(manifest, 'utf8'),
    ) as PackageJson;
    found.set(name, { name, version, folder });
    for (const dependency of Object.keys(dependencies)) await add(dependency, manifest);
  }
  for (const name of names) await add(name, entry);
  return [...found.values()];
}

/** Returns the files of packages for one platform, as `gateway/node_modules/<name>/…`. */
export async function nativePackageFiles(
  packages: readonly NativePackage[],
  platform: Platform,
): Promise<FileEntry[]> {
  const files = await Promise.all(
    packages.map(({ name, folder }) =>
      readTree(folder, `gateway/node_modules/${name}/`, (path) => accepts(path, platform)),
    ),
  );
  return files.flat();
}

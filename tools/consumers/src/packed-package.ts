import { execFile, execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { workspaceRoot } from './workspace-root.ts';

/** The members of a `package.json` that decide what a consumer gets. */
export interface PackageManifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** A package of the workspace as it would be published. */
export interface PackedPackage {
  readonly manifest: PackageManifest;
  /** Its folder in the workspace. */
  readonly folder: string;
  /** The unpacked tarball. */
  readonly unpacked: string;
  /** Paths of the tarball's files, relative to the package. */
  readonly files: readonly string[];
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/**
 * Packs all packages of the workspace, which must be built, and unpacks the tarballs.
 *
 * @throws Error when one isn't built, or npm refuses
 */
export async function packPackages(destination: string): Promise<readonly PackedPackage[]> {
  const folders = packageFolderNames().map((name) => join(workspaceRoot, 'packages', name));
  const unbuilt = folders.filter((folder) => !existsSync(join(folder, 'dist/index.js')));
  if (unbuilt.length > 0) throw new Error(`not built: ${unbuilt.join(', ')}; run "npm run build"`);

  const { stdout } = await promisify(execFile)(
    'npm',
    [
      'pack',
      '--json',
      '--ignore-scripts',
      '--pack-destination',
      destination,
      ...folders.flatMap((folder) => ['--workspace', folder]),
    ],
    { cwd: workspaceRoot, env: npmEnvironment(), maxBuffer: 64 * 2 ** 20 },
  );
  const reports = JSON.parse(stdout) as readonly PackReport[];
  return folders.map((folder) => {
    const manifest = readManifest(folder);
    const report = reports.find(({ name }) => name === manifest.name);
    if (report === undefined) throw new Error(`npm did not pack ${manifest.name}`);
    const tarball = join(destination, report.filename);
    const unpacked = tarball.replace(/\.tgz$/, '');
    mkdirSync(unpacked);
    const into = ['--directory', unpacked, '--strip-components=1'];
    execFileSync('tar', ['--extract', '--gzip', '--file', tarball, ...into]);
    return {
      manifest,
      folder,
      unpacked,
      files: report.files.map(({ path }) => path),
    };
  });
}

/** The names of the folders in `packages`. */
export function packageFolderNames(): readonly string[] {
  const manifests = globSync('packages/*/package.json', { cwd: workspaceRoot });
  return manifests.map((path) => basename(dirname(path))).sort();
}

function readManifest(folder: string): PackageManifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageManifest;
}

/** Without the settings that an npm that runs these tests has for its own run: they change the run of `npm pack`. */
function npmEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(?:package|lifecycle|command)/.test(name),
    ),
  );
}

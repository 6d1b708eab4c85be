import { realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

import { build, type BuildFailure, type Metafile } from 'esbuild';

import { DeployError } from '../deploy-error.ts';
import type { FileEntry } from '../parts/file-entry.ts';
import { readTree } from '../parts/read-tree.ts';
import { neededAtStart, optionalPackages } from './optional-packages.ts';
import { findPackageFiles, type PackageFiles } from './package-files.ts';

/** Options of {@link bundleApplication}. */
export interface BundleOptions {
  /** Absolute path of the module that starts the application. */
  readonly entry: string;
  /** Packages that stay outside of the bundle, because they have native code or read their own files. */
  readonly external: readonly string[];
  /** Conditions of `exports` in addition to those of Node. */
  readonly conditions: readonly string[];
}

/** An application in few files. */
export interface Bundle {
  /** Files below `gateway/` and `proto/`. */
  readonly entries: readonly FileEntry[];
  /** Files that went into the bundle, as absolute paths: for the bill of materials. */
  readonly inputs: readonly string[];
  /** Packages that are imported at run time and aren't in the bundle. */
  readonly imports: readonly string[];
  /** Optional packages that aren't installed, and aren't in the bundle. */
  readonly missing: ReadonlySet<string>;
}

/** Lets code in CommonJS, which a bundle in ESM may contain, use `require`. */
const BANNER = `import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);`;

/**
 * Bundles an application for Node: its modules and their packages in few files, which start faster and make a smaller release than
 * a folder of packages.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` with the messages of the bundler.
 */
export async function bundleApplication(options: BundleOptions): Promise<Bundle> {
  const { entry, external, conditions } = options;
  const out = await mkdtemp(join(tmpdir(), 'fairlead-bundle-'));
  const missing = new Set<string>();
  try {
    let metafile = await bundle(out, {}, options, missing);
    const used: readonly PackageFiles[] = findPackageFiles(entry, conditions).filter((installed) =>
      isUsed(installed, metafile, out),
    );
    // Workers share modules with the application: all are bundled together.
    if (used.length > 0) {
      await rm(join(out, 'dist'), { recursive: true });
      const workers = used.flatMap((each) => Object.entries(each.workers));
      metafile = await bundle(out, Object.fromEntries(workers), options, missing);
    }
    const protos = used.flatMap(({ proto }) => proto ?? []);
    const gateway = await readTree(out, 'gateway/');
    // Read before the folder is removed.
    const contents = await Promise.all(gateway.map(withContent));
    const imports = Object.values(metafile.outputs).flatMap((output) =>
      output.imports.filter((found) => found.external === true).map(({ path }) => path),
    );
    return {
      entries: [
        ...contents,
        {
          path: 'gateway/package.json',
          source: Buffer.from('{"type":"module"}\n'),
          executable: false,
        },
        ...(await Promise.all(protos.map((proto) => readTree(proto, 'proto/')))).flat(),
      ],
      inputs: Object.keys(metafile.inputs).map((path) => resolve(out, path)),
      imports: [...new Set(imports)].filter((path) => external.some((name) => isOf(path, name))),
      missing,
    };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** Checks whether the application imports a package, which may be installed for another one. */
function isUsed({ folder }: PackageFiles, { inputs }: Metafile, out: string): boolean {
  const real = `${realpathSync(folder)}/`;
  return Object.keys(inputs).some((path) => resolve(out, path).startsWith(real));
}

function isOf(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}/`);
}

async function withContent(entry: FileEntry): Promise<FileEntry> {
  if ('target' in entry || typeof entry.source !== 'string') return entry;
  const { readFile } = await import('node:fs/promises');
  return { ...entry, source: await readFile(entry.source), executable: false };
}

async function bundle(
  out: string,
  workers: Readonly<Record<string, string>>,
  { entry, external, conditions }: BundleOptions,
  missing: Set<string>,
): Promise<Metafile> {
  try {
    const { metafile } = await build({
      // Paths in the output must not depend on where the project is.
      absWorkingDir: out,
      entryPoints: { 'dist/main': entry, ...workers },
      outdir: out,
      chunkNames: 'dist/[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      conditions: [...conditions],
      external: [...external],
      // Names stay readable in logs as identifiers aren't shortened. With `keepNames` each closure would get its name when it is made: a sixth
      // of the processor time of a request.
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      metafile: true,
      banner: { js: BANNER },
      plugins: [optionalPackages(missing)],
      logLevel: 'silent',
    });
    const needed = neededAtStart(metafile, 'dist/main.js', missing);
    if (needed.length > 0) {
      throw new DeployError(
        'ERR_DEPLOY_BUILD_FAILED',
        `${entry} can't be bundled: it imports packages that aren't installed. Run npm install ${needed.join(' ')}`,
      );
    }
    return metafile;
  } catch (error) {
    const { errors = [] } = error as Partial<BuildFailure>;
    const [first] = errors;
    if (first === undefined) throw error;
    const place = first.location
      ? `${relative(process.cwd(), resolve(out, first.location.file))}:${first.location.line}: `
      : '';
    throw new DeployError(
      'ERR_DEPLOY_BUILD_FAILED',
      `${entry} can't be bundled: ${place}${first.text}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}`,
      { cause: error },
    );
  }
}

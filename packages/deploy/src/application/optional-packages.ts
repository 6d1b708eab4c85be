import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

import { build, type ImportKind, type Metafile, type Plugin } from 'esbuild';

const KINDS: readonly ImportKind[] = ['dynamic-import', 'import-statement', 'require-call'];

/**
 * Leaves out packages that aren't installed, such as the SDK of a store that isn't used: those of dynamic imports, and those that the importing
 * package declares as optional peers. Importing one fails when the application does. What a module requires in a `try` is left out by the
 * bundler itself, and not missing: `debug` tries `supports-color` for colors in a terminal.
 *
 * @param missing gets the packages
 */
export function optionalPackages(missing: Set<string>): Plugin {
  const RESOLVING = Symbol('resolving');
  return {
    name: 'optional-packages',
    setup(bundler) {
      const isInstalled = installedPackages();
      bundler.onResolve({ filter: /^[^./]/ }, async ({ path, kind, ...rest }) => {
        if (rest.pluginData === RESOLVING || !KINDS.includes(kind)) return undefined;
        const { importer, resolveDir } = rest;
        // The bundler finds most imports itself: each question from here takes it several times as long.
        const isStatic = kind !== 'dynamic-import';
        if (isStatic && (isBuiltin(path) || isInstalled(packageOf(path), resolveDir))) {
          return undefined;
        }
        const found = await bundler.resolve(path, {
          ...{ importer, resolveDir, kind },
          pluginData: RESOLVING,
        });
        if (found.errors.length === 0) return found;
        const name = packageOf(path);
        // Otherwise the bundler reports the import with its place.
        if (isStatic && !isOptionalPeer(importer, name)) return undefined;
        if (kind === 'require-call' && (await isTried(importer, path))) return undefined;
        missing.add(name);
        return { path, external: true };
      });
    },
  };
}

/** Returns the packages among `missing` that a program imports at its start, and can't run without. */
export function neededAtStart(
  { outputs }: Metafile,
  program: string,
  missing: ReadonlySet<string>,
): readonly string[] {
  const needed = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: imported, kind, external } of outputs[path]?.imports ?? []) {
      if (kind === 'dynamic-import') continue;
      if (external !== true) visit(imported);
      else if (missing.has(packageOf(imported))) needed.add(packageOf(imported));
    }
  };
  visit(program);
  return [...needed].toSorted();
}

/**
 * Returns whether a module requires another one only in a `try`, as those do that can work without it: the bundler rejects what it can't resolve only
 * elsewhere. A module whose `catch` throws ends the program at its start.
 */
async function isTried(importer: string, path: string): Promise<boolean> {
  const others: Plugin = {
    name: 'others',
    setup(bundler) {
      bundler.onResolve({ filter: /.*/ }, ({ path: each, kind }) =>
        kind === 'entry-point' || each === path ? undefined : { path: each, external: true },
      );
    },
  };
  try {
    await build({
      ...{ entryPoints: [importer], plugins: [others] },
      ...{ platform: 'node', target: 'node22', format: 'esm' },
      ...{ bundle: true, write: false, logLevel: 'silent' },
    });
    return true;
  } catch {
    return false;
  }
}

/** Returns the package of an import, such as `@aws-sdk/client-s3` or `redis`. */
function packageOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** Returns a function that says whether a package is installed for the modules of a folder; it remembers the folders. */
function installedPackages(): (name: string, folder: string) => boolean {
  const known = new Map<string, boolean>();
  const isInstalled = (name: string, folder: string): boolean => {
    const key = `${folder}\0${name}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const parent = dirname(folder);
    const found =
      existsSync(join(folder, 'node_modules', name)) ||
      (parent !== folder && isInstalled(name, parent));
    known.set(key, found);
    return found;
  };
  return isInstalled;
}

/** Returns whether the package of a module declares another one as a peer that it can work without. */
function isOptionalPeer(importer: string, name: string): boolean {
  for (let folder = dirname(importer); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly name?: string;
      readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
    };
    // A folder of modules may have one for their type alone.
    if (manifest.name === undefined) continue;
    return manifest.peerDependenciesMeta?.[name]?.optional === true;
  }
  return false;
}

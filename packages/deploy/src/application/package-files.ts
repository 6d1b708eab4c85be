import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Files of a package that it opens by their place beside its modules, not by an import. */
export interface PackageFiles {
  /** Folder of the package. */
  readonly folder: string;
  /** Workers by their path in the bundle: the places where the bundled modules look for them. */
  readonly workers: Readonly<Record<string, string>>;
  /** Folder of protocol definitions of gRPC; `undefined` without any. */
  readonly proto: string | undefined;
}

/** Packages with such files: their workers as path in the bundle and path below the folder of the code, without extension. */
const packages: readonly {
  readonly name: string;
  readonly workers: Readonly<Record<string, string>>;
  readonly proto?: string;
}[] = [
  {
    name: '@fairlead/serving',
    workers: {
      'dist/onnx-worker': 'onnx/onnx-worker',
      'codec-worker/codec-worker': 'codec-worker/codec-worker',
    },
    proto: 'proto',
  },
  { name: '@fairlead/capture', workers: { 'dist/convert-worker': 'parquet/convert-worker' } },
];

/** Packages through which an application may have them. */
const dependents = ['@fairlead/gateway'];

/**
 * Finds the folder of an installed package by the rules of Node; `undefined` if it isn't installed. Links are followed, as Node does: what a
 * package needs may be beside the folder that the link leads to.
 */
export function packageFolder(name: string, from: string): string | undefined {
  const require = createRequire(from);
  for (const folder of require.resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, 'package.json'))) return realpathSync(join(folder, name));
  }
  return undefined;
}

/** Finds the files of the packages that are installed for an application. */
export function findPackageFiles(
  entry: string,
  conditions: readonly string[],
): readonly PackageFiles[] {
  const starts = [
    entry,
    ...dependents.flatMap((name) => {
      const folder = packageFolder(name, entry);
      return folder === undefined ? [] : [join(folder, 'package.json')];
    }),
  ];
  const [code, extension] = conditions.includes('@fairlead/source')
    ? ['src', 'ts']
    : ['dist', 'js'];
  return packages.flatMap(({ name, workers, proto }) => {
    const folder = starts.map((start) => packageFolder(name, start)).find(Boolean);
    if (folder === undefined) return [];
    return {
      folder,
      workers: Object.fromEntries(
        Object.entries(workers).map(([path, module]) => [
          path,
          join(folder, code, `${module}.${extension}`),
        ]),
      ),
      proto: proto === undefined ? undefined : join(folder, proto),
    };
  });
}

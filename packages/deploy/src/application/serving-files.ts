import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Files of `@fairlead/serving` that it opens by their place beside its modules, not by an import. */
export interface ServingFiles {
  /** Folder of the package. */
  readonly folder: string;
  /** Workers by their path in the bundle: the places where the bundled modules look for them. */
  readonly workers: Readonly<Record<string, string>>;
  /** Folder of the protocol definitions of gRPC. */
  readonly proto: string;
}

/** Packages through which an application may have `@fairlead/serving`. */
const dependents = ['@fairlead/gateway'];

/** Finds the folder of an installed package by the rules of Node; `undefined` if it isn't installed. */
export function packageFolder(name: string, from: string): string | undefined {
  const require = createRequire(from);
  for (const folder of require.resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, 'package.json'))) return join(folder, name);
  }
  return undefined;
}

/** Finds the files of `@fairlead/serving` for an application; `undefined` if that package isn't installed. */
export function findServingFiles(
  entry: string,
  conditions: readonly string[],
): ServingFiles | undefined {
  const starts = [
    entry,
    ...dependents.flatMap((name) => {
      const folder = packageFolder(name, entry);
      return folder === undefined ? [] : [join(folder, 'package.json')];
    }),
  ];
  for (const start of starts) {
    const folder = packageFolder('@fairlead/serving', start);
    if (folder === undefined) continue;
    const [code, extension] = conditions.includes('@fairlead/source')
      ? ['src', 'ts']
      : ['dist', 'js'];
    return {
      folder,
      workers: {
        'dist/onnx-worker': join(folder, code, 'onnx', `onnx-worker.${extension}`),
        'codec-worker/codec-worker': join(
          folder,
          code,
          'codec-worker',
          `codec-worker.${extension}`,
        ),
      },
      proto: join(folder, 'proto'),
    };
  }
  return undefined;
}

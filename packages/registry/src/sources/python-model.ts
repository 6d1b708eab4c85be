import type { Signature } from '@fairlead/signature';
import { checkOptions } from '../checks/check-options.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { folderFiles } from './folder-files.ts';
import { ignoredFiles } from './ignored-files.ts';
import type { PushRequest } from '../push/push-request.ts';
import { readRequirements } from './requirements.ts';
import { sourceOptions, type SourceOptions, withFound } from './source-options.ts';

/** Settings of `pythonModel`. */
export interface PythonModelOptions extends SourceOptions {
  /** Inputs and outputs, which Python files don't contain. */
  readonly signature: Signature;
  /** Name of the upstream that serves it, as in the gateway's settings: `flask`. */
  readonly upstream: string;
  /** Its name at the upstream. @defaultValue `model` */
  readonly upstreamModel?: string;
  /**
   * Entry point, for the host that starts it: `app.py`, `package.module:create_app()`. Its module has to be among
   * the files, at the top or below `src`.
   */
  readonly entry?: string;
  /** Further options of the runtime. */
  readonly options?: PushRequest['runtime']['options'];
  /** Files and folders to leave out besides {@link ignoredFiles}: `notebooks`, `*.parquet`. */
  readonly ignore?: readonly string[];
}

/**
 * Creates a push of a folder of Python files, for a separate server that the upstream runtime calls: all of its files except
 * {@link ignoredFiles}, and its pinned requirements as lineage.
 *
 * The code is never run, neither by the push nor when the version is loaded: a host can download the verified files.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_SOURCE` for a folder without files, or without the module of `entry`;
 * `ERR_REGISTRY_INVALID_PATH` for a link to outside of the folder; `ERR_REGISTRY_SOURCE_UNREADABLE`
 *
 * @example
 * ```ts
 * import { folderStore, ModelRegistry } from '@fairlead/registry';
 * import { pythonModel } from '@fairlead/registry/sources';
 *
 * const x = { name: 'x', datatype: 'FP32', shape: [-1, 4] } as const;
 * const request = await pythonModel('./flask-model', {
 *   model: 'iris-flask',
 *   signature: { inputs: [x], outputs: [{ ...x, name: 'y' }] },
 *   upstream: 'flask',
 *   entry: 'app.py',
 *   actor: 'ada',
 * });
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * const { manifest } = await registry.push(request);
 * console.log(manifest.files.map(({ path }) => path).join()); // app.py,requirements.txt
 * ```
 */
export async function pythonModel(
  folder: string,
  source: PythonModelOptions,
): Promise<PushRequest> {
  const {
    upstream,
    upstreamModel,
    entry,
    options,
    ignore = [],
    ...given
  } = checkOptions('pythonModel', source, {
    ...sourceOptions,
    signature: 'required',
    upstream: 'required',
    upstreamModel: 'optional',
    entry: 'optional',
    options: 'optional',
    ignore: 'optional',
  });
  const files = await folderFiles(folder, [...ignoredFiles, ...ignore]);
  if (files.size === 0) {
    const problem = `${folder} has no files to push, or all of them are ignored`;
    throw new RegistryError('ERR_REGISTRY_INVALID_SOURCE', problem);
  }
  if (entry !== undefined) checkEntry(folder, entry, files);
  const requirements = await readRequirements(files);
  return withFound(given, {
    runtime: {
      name: 'upstream',
      options: {
        ...options,
        upstream,
        ...(upstreamModel !== undefined && { model: upstreamModel }),
        ...(entry !== undefined && { entry }),
      },
    },
    files: Object.fromEntries(files),
    signature: given.signature,
    lineage: { ...(requirements && { requirements }) },
  });
}

function checkEntry(folder: string, entry: string, files: ReadonlyMap<string, string>): void {
  const [module = ''] = entry.split(':');
  const path = module.replaceAll('.', '/');
  const places = module.endsWith('.py')
    ? [module]
    : [`${path}.py`, `${path}/__init__.py`, `${path}/__main__.py`];
  if (places.some((place) => files.has(place) || files.has(`src/${place}`))) return;
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_SOURCE',
    `${folder} has no ${places.slice(0, 2).join(' or ')} for the entry ${JSON.stringify(entry)}`,
  );
}

import { basename, dirname, posix } from 'node:path';
import { type InspectedOnnx, servableOnnx } from '../onnx/inspect-onnx.ts';
import { checkOptions } from '../checks/check-options.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { checkPathWithin, filesAmong } from './folder-files.ts';
import { sourceOptions, type SourceOptions, withFound } from './source-options.ts';
import type { PushRequest } from '../push/push-request.ts';

/**
 * Creates a push of an ONNX file, with its signature, its exporter and its files of external weights.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_ONNX`, `ERR_REGISTRY_SOURCE_UNREADABLE`; `ERR_REGISTRY_INVALID_PATH` for
 * weights that are links to outside of the folder.
 *
 * @example
 * ```ts
 * import { folderStore, ModelRegistry } from '@fairlead/registry';
 * import { onnxModel } from '@fairlead/registry/sources';
 *
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * const request = await onnxModel('./model.onnx', { model: 'iris', actor: 'ada' });
 * const { manifest } = await registry.push(request);
 * console.log(manifest.version, manifest.signature.outputs[0]?.name); // 1 y
 * ```
 */
export async function onnxModel(file: string, options: SourceOptions): Promise<PushRequest> {
  checkOptions('onnxModel', options, sourceOptions);
  const { model, source, changes } = await servableOnnx(file);
  // In a version the file is always model.onnx, unless its weights have that name.
  const path = model.externalData.includes('model.onnx') ? basename(file) : 'model.onnx';
  const files: Record<string, string | Uint8Array> = { [path]: source };
  const there = await filesAmong(dirname(file), model.externalData);
  for (const [name, place] of checkWeights(model, path, there)) files[name] = place;
  return withFound(options, {
    runtime: onnxRuntimeSpec(model, path),
    files,
    signature: model.signature,
    lineage: onnxLineage(model, changes),
  });
}

/** Runtime of a version whose model is at `path`. */
export function onnxRuntimeSpec(
  { externalData }: InspectedOnnx,
  path: string,
): PushRequest['runtime'] {
  const options = {
    ...(path !== 'model.onnx' && { path }),
    ...(externalData.length > 0 && {
      externalData: externalData.map((name) => beside(path, name)),
    }),
  };
  return { name: 'onnx', options };
}

/** Lineage: the exporter, and the changes since. */
export function onnxLineage(
  { producer, producerVersion }: InspectedOnnx,
  changes: readonly string[],
): PushRequest['lineage'] & object {
  return {
    ...(producer !== undefined && { frameworks: { [producer]: producerVersion ?? 'unknown' } }),
    ...(changes.length > 0 && { changes }),
  };
}

/**
 * Finds the external weights of the model at `path` among the files of its folder.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_PATH`, `ERR_REGISTRY_INVALID_SOURCE`
 */
export function checkWeights(
  { externalData }: InspectedOnnx,
  path: string,
  files: ReadonlyMap<string, string>,
): readonly (readonly [path: string, place: string])[] {
  return externalData.map((name) => {
    checkPathWithin(name, `which ${JSON.stringify(path)} names for its weights`);
    const within = beside(path, name);
    const place = files.get(within);
    if (place !== undefined) return [within, place] as const;
    const shown = JSON.stringify(name.slice(0, 200));
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_SOURCE',
      `${JSON.stringify(path)} has weights in ${shown}, which isn't beside it; copy both, or export it as one file`,
    );
  });
}

/** Path of a file beside the one at `path`. */
function beside(path: string, name: string): string {
  return posix.join(posix.dirname(path), name);
}

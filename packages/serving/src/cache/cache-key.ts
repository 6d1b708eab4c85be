import { createHash } from 'node:crypto';
import { encodeBinaryTensor, type Tensor } from '@fairlead/signature';
import type { VersionManifest } from '../source/model-source.ts';

/**
 * Creates the function that names inputs of one version: the same name for the same names, datatypes, shapes and bytes,
 * regardless of the order of the inputs, and another for everything else.
 *
 * The whole manifest is part of it, not just the version's number: of two registries that share a store, each may have a
 * version 3. Request ids, priorities and deadlines aren't, and neither are the outputs that are wanted: a version
 * computes all of them, and all are cached.
 */
export function createCacheKey(manifest: VersionManifest): (inputs: readonly Tensor[]) => string {
  const text = JSON.stringify(manifest, (_name, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  const version = createHash('sha256').update(text).digest();
  const prefix = `${manifest.model}/${manifest.version}/`;

  return function cacheKey(inputs) {
    const hash = createHash('sha256').update(version);
    const ordered = inputs.length > 1 ? [...inputs].sort(byName) : inputs;
    for (const tensor of ordered) {
      const bytes = encodeBinaryTensor(tensor);
      // JSON has no line break, and names the number of bytes that follow: no two lists of inputs have the same key.
      const { name, datatype, shape } = tensor;
      hash.update(`${JSON.stringify([name, datatype, shape, bytes.length])}\n`).update(bytes);
    }
    return prefix + hash.digest('base64url');
  };
}

function byName(a: Tensor, b: Tensor): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

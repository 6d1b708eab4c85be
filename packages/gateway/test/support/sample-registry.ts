import { folderStore, ModelRegistry, type PushRequest } from '@fairlead/registry';
import { onnxModel } from '@fairlead/test-support';

const affine = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
} as const;

const slow = {
  inputs: [{ name: 'times', datatype: 'INT64', shape: [1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
} as const;

/**
 * Describes a version to push under any name: `affine` computes y = 2 x + 1, `affine-next` y = 2 x + 101, and `slow` multiplies
 * matrices as often as its input says.
 */
export function onnxVersion(
  model: string,
  file: 'affine' | 'affine-next' | 'slow',
): PushRequest & Required<Pick<PushRequest, 'signature'>> {
  const signature = file === 'slow' ? slow : affine;
  const files = { 'model.onnx': onnxModel(file) };
  return { model, runtime: { name: 'onnx' }, signature, files, actor: 'test' };
}

/** Describes a version of `affine` that the Flask service computes. */
export function upstreamVersion(model: string): PushRequest {
  const runtime = { name: 'upstream', options: { upstream: 'flask' } } as const;
  return { model, runtime, signature: affine, files: {}, actor: 'test' };
}

/** Pushes versions into a new registry in `folder`, each the champion of its model. */
export async function sampleRegistry(
  folder: string,
  ...pushes: readonly PushRequest[]
): Promise<ModelRegistry> {
  const registry = new ModelRegistry({ store: folderStore(folder) });
  for (const push of pushes) {
    const { manifest } = await registry.push(push);
    await registry.setAlias(manifest.model, 'champion', manifest.version, { actor: 'test' });
  }
  return registry;
}

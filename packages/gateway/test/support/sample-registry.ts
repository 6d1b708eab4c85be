import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry, type PushRequest } from '@fairlead/registry';

/** The real ONNX models of the serving library's tests: `affine` is y = 2 x + 1, `affine-next` y = 2 x + 101. */
function onnxFile(name: string): string {
  const models = '../../../../packages/serving/test/models/';
  return fileURLToPath(new URL(`${models}${name}.onnx`, import.meta.url));
}

const affine = {
  signature: {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
  },
} as const;

const slow = {
  signature: {
    inputs: [{ name: 'times', datatype: 'INT64', shape: [1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
  },
} as const;

/** What to push under any name: `slow` multiplies matrices as often as it is told. */
export function onnxModel(
  model: string,
  file: 'affine' | 'affine-next' | 'slow',
): PushRequest & Required<Pick<PushRequest, 'signature'>> {
  const { signature } = file === 'slow' ? slow : affine;
  const files = { 'model.onnx': onnxFile(file) };
  return { model, runtime: { name: 'onnx' }, signature, files, actor: 'test' };
}

/** A registry in `folder` with each of these as the champion of its model. */
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

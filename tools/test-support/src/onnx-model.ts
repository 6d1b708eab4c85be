import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const models = new URL('../../../packages/serving/test/models/', import.meta.url);

/**
 * Returns the path of an ONNX model of the tests, such as `affine` or `einsum/branches`.
 *
 * @throws Error when there is no such model
 */
export function onnxModel(name: string): string {
  const path = fileURLToPath(new URL(`${name}.onnx`, models));
  if (!existsSync(path)) throw new Error(`no ONNX model "${name}": ${path} does not exist`);
  return path;
}

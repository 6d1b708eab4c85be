import { fileURLToPath } from 'node:url';

const model = (name: string): string =>
  fileURLToPath(new URL(`../../../serving/test/models/${name}`, import.meta.url));

/** The real model y = 2 x + 1 of the serving library's tests. */
export const affine = model('affine.onnx');

/** Another model with the same signature. */
export const affineNext = model('affine-next.onnx');

/** Golden examples of the first model. */
export const affineGolden = [
  {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [0, 1, 2, -3] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: [1, 3, 5, -5] }],
  },
];

export { dropZipMaps, isZipMap } from './drop-zip-maps.ts';
export type { DroppedZipMap } from './drop-zip-maps.ts';
export { externalFiles } from './external-files.ts';
export type {
  OnnxAttribute,
  OnnxExternalTensor,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from './onnx-model.ts';
export { onnxSignature } from './onnx-signature.ts';
export { onnxDatatype, onnxTypeName } from './onnx-type.ts';
export { readOnnxModel } from './read-onnx-model.ts';

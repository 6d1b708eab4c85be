export { inspectOnnx } from '../onnx/inspect-onnx.ts';
export type { InspectedOnnx } from '../onnx/inspect-onnx.ts';
export { ignoredFiles } from './ignored-files.ts';
export { mlflowModel } from './mlflow-model.ts';
export type { MlflowModelOptions } from './mlflow-model.ts';
export { onnxModel } from './onnx-model.ts';
export { pythonModel } from './python-model.ts';
export type { PythonModelOptions } from './python-model.ts';
export type { SourceOptions } from './source-options.ts';

export { onnxRuntime } from './onnx-runtime.ts';
export type { OnnxRuntimeOptions } from './onnx-runtime.ts';

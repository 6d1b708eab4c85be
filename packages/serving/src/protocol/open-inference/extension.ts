/** A part of the Open Inference Protocol that servers may leave out, by the name in `GET /v2`. */
export type OpenInferenceExtension =
  'binary_tensor_data' | 'classification' | 'model_repository' | 'statistics';

export { requestTracing } from './request-tracing.ts';
export type {
  CallTracer,
  RequestSpanIds,
  RequestTracing,
  RequestTracingOptions,
} from './request-tracing.ts';
export type {
  InferenceTracer,
  TracedEncoding,
  TracedExecution,
  TracedInference,
  TracedRequest,
} from './traced-inference.ts';

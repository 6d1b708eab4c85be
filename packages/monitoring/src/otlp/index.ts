export { openOtlpTracing } from './otlp-tracing.ts';
export type { OtlpTracing, OtlpTracingOptions } from './otlp-tracing.ts';

// Loaded when traces are exported: the packages of OpenTelemetry are optional.
export { openOtlpTracing } from '@fairlead/monitoring/otlp';
export { requestTracing } from '@fairlead/monitoring/tracing';

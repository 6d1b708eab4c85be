export type { CacheStore } from './cache/cache-store.ts';
export { memoryCache } from './cache/memory-cache.ts';
export type { MemoryCache, MemoryCacheOptions } from './cache/memory-cache.ts';
export { CodecPool } from './codec/codec-pool.ts';
export type { CodecPoolOptions } from './codec/codec-pool.ts';
export type { Codec } from './codec/codec.ts';
export type { CircuitBreakerOptions } from './circuit-breaker/circuit-breaker-options.ts';
export type { Fallback } from './fallback/fallback.ts';
export type { FallbackNote, FallbackReason, FallbackUsedEvent } from './inference/fallback-note.ts';
export { shutDownGracefully } from './model-server/graceful-shutdown.ts';
export { mlflowScoring } from './protocol/scoring/mlflow-scoring.ts';
export type { ScoringOptions } from './protocol/scoring/mlflow-scoring.ts';
export { sageMaker } from './protocol/scoring/sagemaker.ts';
export type { SageMakerOptions } from './protocol/scoring/sagemaker.ts';
export { tensorFlowServing } from './protocol/tensorflow-serving/tensorflow-serving.ts';
export type { GracefulShutdownOptions } from './model-server/graceful-shutdown.ts';
export type { AnswerSignal } from './inference/answer-signal.ts';
export type { Charge, RequestCost } from './inference/charge.ts';
export type {
  DecodedRequest,
  InferContext,
  Inferred,
  InferRequest,
  InferResult,
  InferTarget,
} from './inference/infer-request.ts';
export type { InferenceRecord, InferenceRecorder } from './inference/inference-recorder.ts';
export type {
  InferenceTracer,
  TracedEncoding,
  TracedExecution,
  TracedInference,
} from './inference/inference-tracer.ts';
export type {
  RoutedInference,
  VersionChoice,
  VersionRole,
  VersionRouter,
} from './inference/version-router.ts';
export type {
  ExecutedEvent,
  FailureReason,
  InferenceEvent,
  InferenceFinishedEvent,
  InferenceObserver,
  VersionLabel,
} from './inference/inference-observer.ts';
export type { CallContext } from './models/call-context.ts';
export type { LoadedVersion } from './models/loaded-version.ts';
export { jobHandler } from './jobs/job-handler.ts';
export type { JobHandlerOptions } from './jobs/job-handler-options.ts';
export type {
  JobQueue,
  JobResponse,
  JobResult,
  NewJob,
  StoredJob,
  StoredRequest,
} from './jobs/job-queue.ts';
export { replayInference } from './jobs/replay-inference.ts';
export type { JobRun, ReplayInferenceOptions, RunJob } from './jobs/replay-inference.ts';
export type { ModelIndexEntry } from './models/model-index.ts';
export type { ModelRoute } from './model-server/model-route.ts';
export { ModelServer } from './model-server/model-server.ts';
export type { ModelServerOptions, ServeOptions } from './model-server/model-server-options.ts';
export type { ModelStatus } from './models/model-status.ts';
export type { BatchingDecision } from './warm-up/decide-batching.ts';
export type {
  BatchingSetting,
  FollowedVersion,
  GoldenExample,
  GoldenTensor,
  ModelArtifacts,
  ModelSource,
  VersionManifest,
} from './source/model-source.ts';
export { openApiDocument } from './openapi/openapi-document.ts';
export type { OpenApiDocument, OpenApiDocumentOptions } from './openapi/openapi-document.ts';
export { openApiHandler } from './openapi/openapi-handler.ts';
export type { OpenApiHandlerOptions } from './openapi/openapi-handler.ts';
export type { Content, DescribedModel, Operation, Paths } from './openapi-schema/operation.ts';
export type { JsonSchema } from './openapi-schema/tensor-schema.ts';
export { BodyMemory } from './protocol/body-memory.ts';
export type { BodyMemoryOptions } from './protocol/body-memory.ts';
export type { BodyAccount } from './protocol/body-memory.ts';
export { inferenceTarget, requestAccess } from './protocol/request-route.ts';
export type { Access, RoutableRequest } from './protocol/request-route.ts';
export type {
  ActionRoute,
  Call,
  Protocol,
  InferenceExchange,
  InferRoute,
  Reply,
  Route,
} from './protocol/protocol.ts';
export type { HttpError } from './protocol/http-error.ts';
export { inferenceHandler } from './http/inference-handler.ts';
export type { InferenceHandler } from './http/inference-handler.ts';
export type { InferenceHandlerOptions } from './http/inference-handler-options.ts';
export { openInference } from './protocol/open-inference/open-inference.ts';
export type { OpenInferenceExtension } from './protocol/open-inference/extension.ts';
export type { OpenInferenceOptions } from './protocol/open-inference/open-inference.ts';
export type {
  Execution,
  ExecutionContext,
  Runtime,
  RuntimeEvent,
  RuntimeFactory,
  RuntimeLoadOptions,
  RowAnalysis,
  RuntimeMemory,
  RuntimePlacement,
} from './runtime/runtime.ts';
export type { CancelSignal } from './inference/cancel-signal.ts';
export { ServingError } from './errors/serving-error.ts';
export type { ServingErrorCode, ServingErrorOptions } from './errors/serving-error.ts';
export type { ServingEvent } from './models/serving-event.ts';
export type { CacheLookup } from './cache/response-cache.ts';
export {
  adoptTrace,
  findTraceContext,
  traceContext,
  traceHeaders,
} from './inference/trace-context.ts';
export type { TraceCarrier, TraceContext } from './inference/trace-context.ts';
export type {
  Duration,
  StatisticsSnapshot,
  VersionStatistics,
} from './models/version-statistics.ts';

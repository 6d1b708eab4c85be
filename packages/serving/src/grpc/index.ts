export type { CallTracer } from './call-trace.ts';
export type { GrpcServerLimits } from './grpc-server-options.ts';
export { grpcServerOptions } from './grpc-server-options.ts';
export type { Admission, GrpcService, GuardedGrpcService, IncomingCall } from './grpc-service.ts';
export { healthService } from './health-service.ts';
export type { HealthServiceOptions } from './health-service.ts';
export { inferenceService } from './inference-service.ts';
export type { InferenceServiceOptions } from './inference-service-options.ts';
export { shutDownGrpc } from './shut-down-grpc.ts';

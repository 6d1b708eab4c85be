import type {
  Metadata,
  ServerInterceptor,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';

/** A service for a server of `@grpc/grpc-js`: `server.addService(service.definition, service.implementation)`. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** A service that lets calls in. */
export interface GuardedGrpcService extends GrpcService {
  /** Lets calls in before their messages are read; without it that happens before they are decoded: `new Server({ interceptors: [service.interceptor] })`. */
  readonly interceptor: ServerInterceptor;
}

/** A call before its message was read. */
export interface IncomingCall {
  /** Such as `ModelInfer`. */
  readonly method: string;
  readonly metadata: Metadata;
  /** The address at the other end of the connection, as `@grpc/grpc-js` tells it. */
  readonly peer: string;
}

/** What somebody may do who was let in. */
export interface Admission {
  /** Throws when this model is not for them to infer. */
  mayInfer?(model: string): void;
  /** The client, such as the owner of its key: its large messages may take a part of the memory and of the codec's queue. */
  readonly client?: string;
}

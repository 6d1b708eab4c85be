import type {
  Metadata,
  ServerInterceptor,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Charge } from '../inference/charge.ts';

/** A service for a server of `@grpc/grpc-js`: `server.addService(service.definition, service.implementation)`. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** A service with authentication and authorization of its calls. */
export interface GuardedGrpcService extends GrpcService {
  /** Admits calls before their messages are read; without it they are admitted before they are decoded: `new Server({ interceptors: [service.interceptor] })`. */
  readonly interceptor: ServerInterceptor;
}

/** A call before its message was read. */
export interface IncomingCall {
  /** Such as `ModelInfer`. */
  readonly method: string;
  readonly metadata: Metadata;
  /** Address of the peer, as `@grpc/grpc-js` reports it. */
  readonly peer: string;
}

/** Permissions of an admitted call. */
export interface Admission {
  /** Throws if the client may not infer with this model. */
  mayInfer?(model: string): void;
  /** The client, such as the owner of its key: its large messages have a share of the memory and of the codec's queue. */
  readonly client?: string;
  /** Charges the client for the request once its cost is known. */
  readonly charge?: Charge;
}

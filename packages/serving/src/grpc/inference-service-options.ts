import type { OptionNames } from '@fairlead/signature';
import { CodecPool } from '../codec/codec-pool.ts';
import type { Codec } from '../codec/codec.ts';
import { checkFunctions, checkMethods, returnsText } from '../errors/check-functions.ts';
import { checkInteger, checkOptions, MAX_INT32 } from '../errors/check-options.ts';
import { safeListener, warnOfFailure } from '../errors/safe-listener.ts';
import { BodyMemory } from '../protocol/body-memory.ts';
import { safeCallTracer, type CallTracer } from './call-trace.ts';
import type { Admission, IncomingCall } from './grpc-service.ts';

/** Options of {@link inferenceService}. */
export interface InferenceServiceOptions {
  /**
   * Name of the server in `ServerMetadata`.
   * @defaultValue "fairlead"
   */
  readonly serverName?: string;
  /**
   * Version of the server in `ServerMetadata`.
   * @defaultValue "0"
   */
  readonly serverVersion?: string;
  /**
   * Admits a call before its message is decoded, or throws. An error with `expose: true` and an HTTP `status`, as
   * those of `@fairlead/security` are, becomes the gRPC status that means the same; any other is an internal one.
   * @defaultValue every call is admitted, for every model
   */
  readonly admit?: (call: IncomingCall) => Admission | Promise<Admission>;
  /**
   * Maximum time in which a message is received where the interceptor is used, in milliseconds.
   * @defaultValue 30000
   */
  readonly receiveTimeoutMs?: number;
  /**
   * Memory of all messages together where the interceptor is used; share it with the other protocols.
   * @defaultValue no limit
   */
  readonly bodies?: BodyMemory;
  /**
   * Decodes and encodes large messages in other threads; share it with the other protocols.
   * @defaultValue a pool of two threads for this service
   */
  readonly codec?: Codec;
  /**
   * Maximum size of a message, in bytes once decompressed; that of the server's {@link grpcServerOptions}.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxMessageBytes?: number;
  /** Returns the id of a request, which is forwarded to upstreams. */
  readonly requestId?: (call: IncomingCall) => string | undefined;
  /**
   * Returns the key that the server's `router` assigns versions by, such as metadata with the user's id.
   * @defaultValue the client of the admission, else the id of the request
   */
  readonly routingKey?: (call: IncomingCall) => string | undefined;
  /**
   * Receives the calls of `ModelInfer`, such as `calls` of `requestTracing` in `@fairlead/monitoring/tracing`.
   * @defaultValue none
   */
  readonly calls?: CallTracer;
  /** Called for internal errors of the server, whose details clients don't see. */
  readonly onError?: (error: unknown) => void;
}

const optionNames: OptionNames<InferenceServiceOptions> = {
  serverName: 'optional',
  serverVersion: 'optional',
  admit: 'optional',
  receiveTimeoutMs: 'optional',
  bodies: 'optional',
  codec: 'optional',
  maxMessageBytes: 'optional',
  requestId: 'optional',
  routingKey: 'optional',
  calls: 'optional',
  onError: 'optional',
};

/** Options with their defaults. */
export type ResolvedInferenceServiceOptions = Required<Omit<InferenceServiceOptions, 'calls'>> &
  Pick<InferenceServiceOptions, 'calls'>;

/**
 * Checks the options and adds the defaults.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function resolveInferenceServiceOptions(
  options: InferenceServiceOptions,
): ResolvedInferenceServiceOptions {
  const {
    serverName = 'fairlead',
    serverVersion = '0',
    admit = (): Admission | Promise<Admission> => ({}),
    receiveTimeoutMs = 30_000,
    bodies = new BodyMemory(Number.MAX_SAFE_INTEGER),
    codec = new CodecPool(),
    maxMessageBytes = 16 * 1024 * 1024,
    requestId = () => undefined,
    routingKey = () => undefined,
    calls,
    onError = () => undefined,
  } = checkOptions('inferenceService', options, optionNames);
  checkInteger('receiveTimeoutMs', receiveTimeoutMs, 1, MAX_INT32);
  checkInteger('maxMessageBytes', maxMessageBytes, 1, MAX_INT32);
  checkFunctions({ admit, requestId, routingKey, onError });
  checkMethods('calls', calls, ['started', 'ended']);
  const limits = { receiveTimeoutMs, bodies, codec, maxMessageBytes };
  const functions = {
    admit,
    requestId: returnsText('requestId', requestId),
    routingKey: returnsText('routingKey', routingKey),
    onError: safeListener(onError, warnOfFailure('onError')),
  };
  return {
    serverName,
    serverVersion,
    ...functions,
    ...limits,
    ...(calls && { calls: safeCallTracer(calls) }),
  };
}

import { Metadata, type ServerUnaryCall } from '@grpc/grpc-js';
import type { ModelServer } from '../model-server.ts';
import { badRequest } from '../protocol/json-body.ts';
import { ServingError } from '../serving-error.ts';
import { CallPresence } from './call-presence.ts';
import { decodeModelInfer, wantsRaw } from './decode-model-infer.ts';
import { encodeModelInfer } from './encode-model-infer.ts';
import { admissionInterceptor, type Admissions } from './admission-interceptor.ts';
import type { Admission, GuardedGrpcService, IncomingCall } from './grpc-service.ts';
import { loadService } from './load-service.ts';
import type { ModelInferRequest, ModelInferResponse, ModelRequest } from './messages.ts';
import { unaryHandler } from './unary-handler.ts';

/** Options of {@link createInferenceService}. */
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
   * Lets a call in before its message is decoded, or throws. An error with `expose: true` and an HTTP `status`, as
   * those of `@fairlead/security` are, becomes the gRPC status that means the same; any other is an internal one.
   * @defaultValue everybody may do everything
   */
  readonly admit?: (call: IncomingCall) => Admission | Promise<Admission>;
  /**
   * How long a message may take to come whole where the interceptor is used, in milliseconds.
   * @defaultValue 30000
   */
  readonly receiveTimeoutMs?: number;
  /** Reads the request's id, which is passed on to upstreams. */
  readonly requestId?: (call: IncomingCall) => string | undefined;
  /** Told of errors that are faults of the server's own, which clients don't get to see. */
  readonly onError?: (error: unknown) => void;
}

const SERVICE = 'inference.GRPCInferenceService';
const MAX_NAME_LENGTH = 256;

/** A call whose message is still the bytes that came. */
type RawCall = ServerUnaryCall<Buffer, unknown>;

/**
 * Makes the gRPC service of the Open Inference Protocol, `inference.GRPCInferenceService`, for a model server.
 *
 * Raw contents are answered with raw contents, typed ones with typed ones. A call's deadline and its cancellation hold
 * for the inference too. Set the largest message at the server: `new Server(grpcServerOptions())`.
 *
 * Source: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function createInferenceService(
  models: ModelServer,
  {
    serverName = 'fairlead',
    serverVersion = '0',
    admit = () => ({}),
    receiveTimeoutMs = 30_000,
    requestId = () => undefined,
    onError = () => undefined,
  }: InferenceServiceOptions = {},
): GuardedGrpcService {
  if (!(
    Number.isInteger(receiveTimeoutMs) &&
    receiveTimeoutMs >= 1 &&
    receiveTimeoutMs < 2 ** 31
  )) {
    throw new ServingError(
      'ERR_SERVING_INVALID_OPTION',
      `receiveTimeoutMs is ${receiveTimeoutMs}; it must be a whole number from 1 to 2147483647`,
    );
  }
  const service = loadService('open-inference.proto', SERVICE);
  const admissions: Admissions = new WeakMap();

  async function infer(
    call: RawCall,
    message: ModelInferRequest,
    incoming: IncomingCall,
    admission: Admission,
  ): Promise<ModelInferResponse> {
    const target = targetOf(message.modelName, message.modelVersion);
    admission.mayInfer?.(target.model);
    const result = await models.infer(target, () => decodeModelInfer(message), {
      signal: new CallPresence(call),
      timeoutMs: timeoutOf(call),
      requestId: requestId(incoming),
    });
    const told = new Metadata();
    told.set('fairlead-model', result.model);
    told.set('fairlead-version', result.version);
    if (result.fallback !== undefined) told.set('fairlead-fallback', result.fallback.reason);
    call.sendMetadata(told);
    return encodeModelInfer(result, wantsRaw(message));
  }

  async function modelReady({ name, version }: ModelRequest): Promise<object> {
    const target = targetOf(name, version);
    const { ready, version: loaded } = await models.status(target.model);
    return { ready: ready && (target.version ?? loaded) === loaded };
  }

  function modelMetadata({ name, version }: ModelRequest): object {
    const { label, signature, runtime } = models.find(targetOf(name, version));
    const { inputs, outputs } = signature;
    const { platform } = runtime;
    return { name: label.model, versions: [label.version], platform, inputs, outputs };
  }

  const answers: Readonly<
    Record<
      string,
      (message: never, call: RawCall, incoming: IncomingCall, admission: Admission) => unknown
    >
  > = {
    ServerLive: () => ({ live: true }),
    ServerReady: async () => ({ ready: await models.ready() }),
    ServerMetadata: () => ({ name: serverName, version: serverVersion, extensions: [] }),
    ModelReady: (message: ModelRequest) => modelReady(message),
    ModelMetadata: (message: ModelRequest) => modelMetadata(message),
    ModelInfer: (message: ModelInferRequest, call, incoming, admission) =>
      infer(call, message, incoming, admission),
  };

  const methods = Object.entries(answers).map(([method, answer]) => {
    const defined = service[method];
    if (defined === undefined) throw new TypeError(`the service has no method ${method}`);
    const handler = unaryHandler(async (call: RawCall) => {
      const incoming = { method, metadata: call.metadata, peer: call.getPeer() };
      const admission = admissions.get(call.metadata) ?? (await admit(incoming));
      const message = decodeMessage(() => defined.requestDeserialize(call.request) as never);
      return answer(message, call, incoming, admission);
    }, onError);
    // Who isn't let in has nothing decoded, and what can't be decoded is told as the mistake of who sent it.
    const definition = { ...defined, requestDeserialize: (bytes: Buffer) => bytes };
    return [method, definition, handler] as const;
  });
  return {
    definition: Object.fromEntries(methods.map(([method, definition]) => [method, definition])),
    implementation: Object.fromEntries(methods.map(([method, , handler]) => [method, handler])),
    interceptor: admissionInterceptor(admissions, {
      admit,
      service: SERVICE,
      receiveTimeoutMs,
      onError,
    }),
  };
}

function targetOf(model: string, version: string): { model: string; version?: string } {
  if (model === '') throw badRequest('the name of the model is missing');
  // A refusal repeats it.
  if (model.length > MAX_NAME_LENGTH || version.length > MAX_NAME_LENGTH) {
    const message = `the names of models and versions have at most ${MAX_NAME_LENGTH} characters`;
    throw badRequest(message);
  }
  return { model, ...(version !== '' && { version }) };
}

function decodeMessage<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw badRequest(`the message can't be decoded: ${why}`, cause);
  }
}

/** Milliseconds until the call's deadline; undefined when it has none. */
function timeoutOf(call: RawCall): number | undefined {
  const deadline = call.getDeadline();
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : undefined;
}

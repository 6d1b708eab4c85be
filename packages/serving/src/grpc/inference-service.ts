import { checkOptions } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { Tensor } from '@fairlead/signature';
import { Metadata, type ServerUnaryCall } from '@grpc/grpc-js';
import { ClientCodec } from '../codec/client-codec.ts';
import { CodecPool } from '../codec/codec-pool.ts';
import { MAX_INLINE_ELEMENTS, type Codec } from '../codec/codec.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { BodyMemory } from '../protocol/body-memory.ts';
import type { InferenceExchange } from '../protocol/protocol.ts';
import { badRequest } from '../protocol/json-body.ts';
import { resultHeaders } from '../protocol/respond.ts';
import { runExchange } from '../protocol/run-exchange.ts';
import { ServingError } from '../errors/serving-error.ts';
import { CallPresence } from './call-presence.ts';
import { decodeInferMessage, type DecodedMessage } from './decode-infer-message.ts';
import { encodeModelInfer } from './encode-model-infer.ts';
import { admissionInterceptor, type Admissions } from './admission-interceptor.ts';
import type { Admission, GuardedGrpcService, IncomingCall } from './grpc-service.ts';
import { loadService } from './load-service.ts';
import type { ModelRequest } from './wire/messages.ts';
import { decodeSmallMessage } from './small-message.ts';
import { unaryHandler } from './unary-handler.ts';
import { readMessageTarget } from './wire/measure-model-infer.ts';

declare module '../codec/codec.ts' {
  interface CodecFunctions {
    readonly decodeInferMessage: typeof decodeInferMessage;
    readonly encodeModelInfer: typeof encodeModelInfer;
  }
}

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
  /**
   * The memory that messages may take together where the interceptor is used; share it with the other protocols.
   * @defaultValue no bound
   */
  readonly bodies?: BodyMemory;
  /**
   * Decodes and encodes large messages in other threads; share it with the other protocols.
   * @defaultValue a pool of two threads for this service
   */
  readonly codec?: Codec;
  /**
   * The largest message, in bytes once decompressed; that of the server's {@link grpcServerOptions}.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxMessageBytes?: number;
  /** Reads the request's id, which is passed on to upstreams. */
  readonly requestId?: (call: IncomingCall) => string | undefined;
  /** Called for internal errors of the server, which clients don't see. */
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
  onError: 'optional',
};

const SERVICE = 'inference.GRPCInferenceService';
const MAX_NAME_LENGTH = 256;

/** Larger messages are decoded in another thread: elements are varints or copied, which takes 20 ms for a MiB at most. */
const MAX_INLINE_MESSAGE_BYTES = 1024 * 1024;

/** Decoding of `ModelInfer`; its answer is encoded where the call is. */
const EXCHANGE: Pick<InferenceExchange<DecodedMessage>, 'decode' | 'decodeIn'> = {
  decode: (bytes) => decodeInferMessage(bytes),
  decodeIn: (codec, bytes) =>
    bytes.length > MAX_INLINE_MESSAGE_BYTES ? codec.run('decodeInferMessage', bytes) : undefined,
};

/** A call whose message is still in bytes. */
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
export function inferenceService(
  models: ModelServer,
  options: InferenceServiceOptions = {},
): GuardedGrpcService {
  const {
    serverName = 'fairlead',
    serverVersion = '0',
    admit = (): Admission | Promise<Admission> => ({}),
    receiveTimeoutMs = 30_000,
    bodies = new BodyMemory(Number.MAX_SAFE_INTEGER),
    codec = new CodecPool(),
    maxMessageBytes = 16 * 1024 * 1024,
    requestId = () => undefined,
    onError = () => undefined,
  } = checkOptions('inferenceService', options, optionNames);
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

  async function infer(call: RawCall, admission: Admission): Promise<Buffer> {
    const { request: bytes } = call;
    const { modelName, modelVersion } = readMessageTarget(bytes);
    const target = targetOf(modelName, modelVersion);
    admission.mayInfer?.(target.model);
    const { client } = admission;
    const id = requestId(incomingOf('ModelInfer', call));
    const key = client ?? id;
    const model = models.route(target, key);
    model.refuseIfFull(client);
    const presence = new CallPresence(call);
    const ofClient = new ClientCodec(codec, () => client);
    const context = {
      signal: presence,
      answer: presence,
      client,
      routingKey: key,
      timeoutMs: timeoutOf(call),
      requestId: id,
    };
    try {
      const { result, decoded } = await runExchange(EXCHANGE, bytes, model, context, ofClient);
      const metadata = new Metadata();
      const headers = resultHeaders(result);
      for (const name in headers) metadata.set(name, headers[name] ?? '');
      call.sendMetadata(metadata);
      const { raw } = decoded;
      return isLargeAnswer(result.outputs)
        ? await ofClient.run('encodeModelInfer', result, raw)
        : encodeModelInfer(result, raw);
    } finally {
      // The answer is passed to the call on this turn of the event loop.
      setImmediate(() => {
        presence.sent();
      });
    }
  }

  async function modelReady({ name, version }: ModelRequest): Promise<object> {
    const target = targetOf(name, version);
    const { ready } = await models.status(target.model, target.version);
    return { ready };
  }

  function modelMetadata({ name, version }: ModelRequest): object {
    const target = targetOf(name, version);
    const { label, signature, runtime } = models.find(target);
    const { inputs, outputs } = signature;
    const { platform } = runtime;
    const versions = target.version === undefined ? models.versionsOf(name) : [label.version];
    return { name, versions, platform, inputs, outputs };
  }

  const answers: Readonly<
    Record<string, (message: never, call: RawCall, admission: Admission) => unknown>
  > = {
    ServerLive: () => ({ live: true }),
    ServerReady: async () => ({ ready: await models.ready() }),
    ServerMetadata: () => ({ name: serverName, version: serverVersion, extensions: [] }),
    ModelReady: (message: ModelRequest) => modelReady(message),
    ModelMetadata: (message: ModelRequest) => modelMetadata(message),
    ModelInfer: (_message: Buffer, call, admission) => infer(call, admission),
  };

  const methods = Object.entries(answers).map(([method, answer]) => {
    const defined = service[method];
    if (defined === undefined) throw new TypeError(`the service has no method ${method}`);
    const isInfer = method === 'ModelInfer';
    const handler = unaryHandler(async (call: RawCall) => {
      const admission = admissions.get(call.metadata) ?? (await admit(incomingOf(method, call)));
      const message = isInfer
        ? call.request
        : decodeSmallMessage(call.request, defined.requestDeserialize);
      return answer(message as never, call, admission);
    }, onError);
    // A call that isn't let in has nothing decoded, and what can't be decoded is the client's mistake.
    const definition = {
      ...defined,
      requestDeserialize: (bytes: Buffer) => bytes,
      ...(isInfer && { responseSerialize: (bytes: Buffer) => bytes }),
    };
    return [method, definition, handler] as const;
  });
  return {
    definition: Object.fromEntries(methods.map(([method, definition]) => [method, definition])),
    implementation: Object.fromEntries(methods.map(([method, , handler]) => [method, handler])),
    interceptor: admissionInterceptor(admissions, {
      admit,
      service: SERVICE,
      receiveTimeoutMs,
      bodies,
      maxMessageBytes,
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

function incomingOf(method: string, call: RawCall): IncomingCall {
  return { method, metadata: call.metadata, peer: call.getPeer() };
}

/** Whether so many elements are written one by one that another thread does it. */
function isLargeAnswer(outputs: readonly Tensor[]): boolean {
  let count = 0;
  for (const { datatype, data } of outputs) {
    if (datatype !== 'FP32' && datatype !== 'FP64') count += data.length;
  }
  return count > MAX_INLINE_ELEMENTS;
}

/** Milliseconds until the call's deadline; undefined when it has none. */
function timeoutOf(call: RawCall): number | undefined {
  const deadline = call.getDeadline();
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : undefined;
}

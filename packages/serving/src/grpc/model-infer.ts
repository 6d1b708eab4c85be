import type { Tensor } from '@fairlead/signature';
import { Metadata } from '@grpc/grpc-js';
import { ClientCodec } from '../codec/client-codec.ts';
import { MAX_INLINE_ELEMENTS } from '../codec/codec.ts';
import { rejectPromise } from '../errors/check-functions.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import type { InferenceExchange } from '../protocol/protocol.ts';
import { resultHeaders } from '../protocol/respond.ts';
import { runExchange } from '../protocol/run-exchange.ts';
import { CallPresence } from './call-presence.ts';
import { carrierOf } from './call-trace.ts';
import { decodeInferMessage, type DecodedMessage } from './decode-infer-message.ts';
import { encodeModelInfer } from './encode-model-infer.ts';
import type { Admission } from './grpc-service.ts';
import type { ResolvedInferenceServiceOptions } from './inference-service-options.ts';
import { incomingOf, targetOf, timeoutOf, type RawCall } from './raw-call.ts';
import { readMessageTarget } from './wire/measure-model-infer.ts';

declare module '../codec/codec.ts' {
  interface CodecFunctions {
    readonly decodeInferMessage: typeof decodeInferMessage;
    readonly encodeModelInfer: typeof encodeModelInfer;
  }
}

/** Larger messages are decoded in another thread: elements are varints or copied, which takes 20 ms for a MiB at most. */
const MAX_INLINE_MESSAGE_BYTES = 1024 * 1024;

/** Decoding of `ModelInfer`; its response is encoded in {@link modelInfer}. */
const EXCHANGE: Pick<InferenceExchange<DecodedMessage>, 'decode' | 'decodeIn'> = {
  decode: (bytes) => decodeInferMessage(bytes),
  decodeIn: (codec, bytes) =>
    bytes.length > MAX_INLINE_MESSAGE_BYTES ? codec.run('decodeInferMessage', bytes) : undefined,
};

/**
 * Answers a call of `ModelInfer` with the bytes of its response.
 *
 * @throws ServingError and SignatureError for calls that are rejected, and what the admission and the runtime throw.
 */
export async function modelInfer(
  models: ModelServer,
  {
    codec,
    requestId,
    routingKey,
  }: Pick<ResolvedInferenceServiceOptions, 'codec' | 'requestId' | 'routingKey'>,
  call: RawCall,
  admission: Admission,
): Promise<Buffer> {
  const { request: bytes } = call;
  const { modelName, modelVersion } = readMessageTarget(bytes);
  const target = targetOf(modelName, modelVersion);
  rejectPromise('mayInfer', admission.mayInfer?.(target.model));
  const { client } = admission;
  const incoming = incomingOf('ModelInfer', call);
  const id = requestId(incoming);
  const key = routingKey(incoming) ?? client ?? id;
  const model = models.route(target, key);
  model.refuseIfFull(client);
  const presence = new CallPresence(call);
  const trace = carrierOf(call.metadata);
  const ofClient = new ClientCodec(codec, () => client);
  const context = {
    signal: presence,
    answer: presence,
    client,
    routingKey: key,
    timeoutMs: timeoutOf(call),
    requestId: id,
    trace,
    charge: admission.charge,
  };
  try {
    const { result, decoded } = await runExchange(EXCHANGE, bytes, model, context, ofClient);
    const metadata = new Metadata();
    const headers = resultHeaders(result);
    for (const name in headers) metadata.set(name, headers[name] ?? '');
    call.sendMetadata(metadata);
    const { raw } = decoded;
    const startedAt = performance.now();
    const encoded = isLarge(result.outputs)
      ? await ofClient.run('encodeModelInfer', result, raw)
      : encodeModelInfer(result, raw);
    models.tracer?.encoded({ trace, startedAt, endedAt: performance.now() });
    return encoded;
  } finally {
    // The response is passed to the call on this turn of the event loop.
    setImmediate(() => {
      presence.sent();
    });
  }
}

/** Returns whether so many elements are written one by one that another thread encodes them. */
function isLarge(outputs: readonly Tensor[]): boolean {
  let count = 0;
  for (const { datatype, data } of outputs) {
    if (datatype !== 'FP32' && datatype !== 'FP64') count += data.length;
  }
  return count > MAX_INLINE_ELEMENTS;
}

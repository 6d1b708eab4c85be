import { checkMethod } from '../errors/check-options.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { admissionInterceptor, type Admissions } from './admission-interceptor.ts';
import type { GuardedGrpcService } from './grpc-service.ts';
import { carrierOf } from './call-trace.ts';
import { inferenceMethods } from './inference-methods.ts';
import {
  resolveInferenceServiceOptions,
  type InferenceServiceOptions,
} from './inference-service-options.ts';
import { loadService } from './load-service.ts';
import { incomingOf, type RawCall } from './raw-call.ts';
import { decodeSmallMessage } from './small-message.ts';
import { unaryHandler } from './unary-handler.ts';

const SERVICE = 'inference.GRPCInferenceService';

/**
 * Creates the gRPC service of the Open Inference Protocol, `inference.GRPCInferenceService`, for a model server.
 *
 * A request with raw contents gets a response with raw contents, one with typed contents gets typed ones. The deadline and the
 * cancellation of a call hold for its inference. Set the largest message at the server: `new Server(grpcServerOptions())`.
 *
 * Source: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { Server } from '@grpc/grpc-js';
 * import { ModelServer } from '@fairlead/serving';
 * import { grpcServerOptions, inferenceService } from '@fairlead/serving/grpc';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * const { definition, implementation, interceptor } = inferenceService(models);
 * const server = new Server({ ...grpcServerOptions(), interceptors: [interceptor] });
 * server.addService(definition, implementation);
 * console.log(Object.keys(implementation).at(-1)); // ModelInfer
 * server.forceShutdown();
 * ```
 */
export function inferenceService(
  models: ModelServer,
  options: InferenceServiceOptions = {},
): GuardedGrpcService {
  checkMethod('inferenceService', 'a ModelServer', models, 'route');
  const resolved = resolveInferenceServiceOptions(options);
  const { admit, onError, calls, ...limits } = resolved;
  const service = loadService('open-inference.proto', SERVICE);
  const admissions: Admissions = new WeakMap();
  const methods = Object.entries(inferenceMethods(models, resolved)).map(([method, answer]) => {
    const defined = service[method];
    if (defined === undefined) throw new TypeError(`the service has no method ${method}`);
    const isInfer = method === 'ModelInfer';
    const answerCall = async (call: RawCall): Promise<unknown> => {
      if (isInfer) calls?.started(carrierOf(call.metadata), `${SERVICE}/${method}`);
      const admission = admissions.get(call.metadata) ?? (await admit(incomingOf(method, call)));
      const message = isInfer
        ? call.request
        : decodeSmallMessage(call.request, defined.requestDeserialize);
      return answer(message as never, call, admission);
    };
    const handler = unaryHandler(answerCall, onError, ({ metadata }, code) => {
      if (isInfer) calls?.ended(carrierOf(metadata), code);
    });
    // Nothing of a call is decoded before it is admitted, and an error of decoding is an error of the client.
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
    interceptor: admissionInterceptor(admissions, { admit, onError, service: SERVICE, ...limits }),
  };
}

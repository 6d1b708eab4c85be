import { checkOptions } from '../../errors/check-options.ts';
import type { decodePredict } from './decode-predict.ts';
import type { encodePrediction } from './encode-prediction.ts';
import type { InferTarget } from '../../inference/infer-request.ts';
import type { Call, Protocol, Reply, Route } from '../protocol.ts';
import { describeTensorFlow } from './describe-tensorflow.ts';
import { encodeMetadata } from './encode-metadata.ts';
import { predictExchange } from './predict-exchange.ts';

declare module '../../codec/codec.ts' {
  interface CodecFunctions {
    readonly decodePredict: typeof decodePredict;
    readonly encodePrediction: (...args: Parameters<typeof encodePrediction>) => Buffer;
  }
}

const PATH = /^\/v1\/models\/([^/:]+)(?:\/versions\/([^/:]+))?(?::(\w+)|\/(metadata))?$/;
const READ = ['GET', 'HEAD'];
// The documented curl commands have no content type: curl sends that of a form.
const BODY_TYPES = ['application/json', 'text/plain', 'application/x-www-form-urlencoded'];

/**
 * Creates the protocol of TensorFlow Serving's REST API, version 1: `predict` in rows and in columns, and a
 * model's status and metadata.
 *
 * Source: https://www.tensorflow.org/tfx/serving/api_rest
 *
 * @param options - none yet: an empty object
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming an unknown option.
 *
 * @example
 * ```ts
 * import { inferenceTarget, tensorFlowServing } from '@fairlead/serving';
 *
 * const req = { method: 'POST', url: '/v1/models/digits:predict' };
 * console.log(inferenceTarget([tensorFlowServing()], req)?.model); // digits
 * ```
 */
export function tensorFlowServing(options: Readonly<Record<string, never>> = {}): Protocol {
  checkOptions('tensorFlowServing', options, {});
  return {
    name: 'tensorflow-serving',
    mediaTypes: BODY_TYPES,
    route(path) {
      const [, name, version, verb, metadata] = PATH.exec(path) ?? [];
      const model = name === undefined ? undefined : decodeSegment(name);
      if (model === undefined) return undefined;
      const target = { model, version };
      if (metadata !== undefined)
        return {
          methods: READ,
          answer: ({ server }) => ({ body: encodeMetadata(server.find(target)) }),
        };
      if (verb === undefined)
        return { methods: READ, answer: ({ server }) => readStatus(server, target) };
      return verb === 'predict' ? predictRoute(target) : undefined;
    },
    describe: describeTensorFlow,
    describeError: ({ message }) => JSON.stringify({ error: message }),
  };
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

async function readStatus(server: Call['server'], target: InferTarget): Promise<Reply> {
  // Another version than the loaded one isn't found.
  if (target.version !== undefined) server.find(target);
  const { ready, version, reason } = await server.status(target.model, target.version);
  const status = {
    version: version ?? '0',
    state: ready ? 'AVAILABLE' : 'LOADING',
    status: { error_code: ready ? 'OK' : 'UNAVAILABLE', error_message: reason ?? '' },
  };
  return { body: JSON.stringify({ model_version_status: [status] }) };
}

function predictRoute(target: InferTarget): Route {
  return { methods: ['POST'], mediaTypes: BODY_TYPES, target, open: () => predictExchange };
}

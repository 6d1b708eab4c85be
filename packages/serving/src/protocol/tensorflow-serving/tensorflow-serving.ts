import type { Signature, Tensor } from '@fairlead/signature';
import type { InferResult, InferTarget } from '../../infer-request.ts';
import type { ModelStatus } from '../../models/model-status.ts';
import type { Call, Dialect, Reply, Route } from '../dialect.ts';
import { badRequest, decodeJsonBody, isJsonObject, type JsonObject } from '../json-body.ts';
import { describeTensorFlow } from './describe-tensorflow.ts';
import { encodeMetadata } from './encode-metadata.ts';
import { encodeColumns, encodeNested, encodeRecords, tensorOfNested } from '../nested-tensor.ts';

const PATH = /^\/v1\/models\/([^/:]+)(?:\/versions\/([^/:]+))?(?::(\w+)|\/(metadata))?$/;
const READ = ['GET', 'HEAD'];
// The documented curl lines name no type, and curl then says that it sends a form.
const BODY_TYPES = ['application/json', 'text/plain', 'application/x-www-form-urlencoded'];

/**
 * Makes the dialect of TensorFlow Serving's REST API, version 1: `predict` in rows and in columns, and a
 * model's status and metadata.
 *
 * Source: https://www.tensorflow.org/tfx/serving/api_rest
 */
export function tensorFlowServing(): Dialect {
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
        return { methods: READ, answer: ({ server }) => statusOf(server.status(model)) };
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

async function statusOf(asked: Promise<ModelStatus>): Promise<Reply> {
  const { ready, version, reason } = await asked;
  const status = {
    version: version ?? '0',
    state: ready ? 'AVAILABLE' : 'LOADING',
    status: { error_code: ready ? 'OK' : 'UNAVAILABLE', error_message: reason ?? '' },
  };
  return { body: JSON.stringify({ model_version_status: [status] }) };
}

function predictRoute(target: InferTarget): Route {
  return {
    methods: ['POST'],
    mediaTypes: BODY_TYPES,
    target,
    answer: (call) => predict(call, target),
  };
}

async function predict({ server, body, infer }: Call, target: InferTarget): Promise<Reply> {
  const asked = { inRows: true };
  const result = await infer(target, () =>
    decodeJsonBody(body, '{"instances":[…]}', (json) => {
      const { inputs } = server.answering(target).signature;
      asked.inRows = json.instances !== undefined;
      return { inputs: asked.inRows ? readRows(json, inputs) : readColumns(json, inputs) };
    }),
  );
  return { body: asked.inRows ? encodePredictions(result) : encodeOutputs(result) };
}

function readRows(
  { instances, inputs }: JsonObject,
  specs: Signature['inputs'],
): readonly Tensor[] {
  if (inputs !== undefined) throw badRequest('give "instances" or "inputs", not both');
  if (!Array.isArray(instances) || instances.length === 0) {
    throw badRequest('"instances" must be a list that is not empty');
  }
  return specs.map((spec) => {
    const values = (instances as readonly unknown[]).map((instance) =>
      valueOf(instance, spec.name, specs.length === 1),
    );
    const missing = values.indexOf(undefined);
    if (missing !== -1)
      throw badRequest(`instance ${missing} has no value for input "${spec.name}"`);
    return tensorOfNested(spec, values);
  });
}

/** The value of one input: named in an object, or the value itself where there is a single input. */
function valueOf(given: unknown, name: string, single: boolean): unknown {
  if (isJsonObject(given)) return Object.hasOwn(given, name) ? given[name] : undefined;
  return single ? given : undefined;
}

function readColumns({ inputs }: JsonObject, specs: Signature['inputs']): readonly Tensor[] {
  if (inputs === undefined) throw badRequest('the body needs "instances" or "inputs"');
  return specs.map((spec) => {
    const value = valueOf(inputs, spec.name, specs.length === 1);
    if (value === undefined) throw badRequest(`"inputs" has no value for input "${spec.name}"`);
    return tensorOfNested(spec, value);
  });
}

function encodePredictions({ outputs }: InferResult): string {
  const [single] = outputs;
  const alone = outputs.length === 1 && single !== undefined;
  return `{"predictions":${alone ? encodeNested(single) : encodeRecords(outputs)}}`;
}

function encodeOutputs({ outputs }: InferResult): string {
  const [single] = outputs;
  const alone = outputs.length === 1 && single !== undefined;
  return `{"outputs":${alone ? encodeNested(single) : encodeColumns(outputs)}}`;
}

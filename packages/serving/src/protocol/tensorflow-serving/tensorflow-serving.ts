import type { Signature, Tensor, TensorSpec } from '@fairlead/signature';
import type { InferResult, InferTarget } from '../../infer-request.ts';
import type { Call, Dialect, Reply, Route } from '../dialect.ts';
import { badRequest, decodeJsonBody, isJsonObject, type JsonObject } from '../json-body.ts';
import { isBinaryValue, tensorOfValues, valueTexts } from './binary-values.ts';
import { describeTensorFlow } from './describe-tensorflow.ts';
import { encodeMetadata, SIGNATURE } from './encode-metadata.ts';
import { encodeColumns, encodeNested, encodeRecords } from '../nested-tensor.ts';

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
  const { ready, version, reason } = await server.status(target.model);
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
      checkSignatureName(json);
      const { inputs } = server.answering(target).signature;
      asked.inRows = json.instances !== undefined;
      return { inputs: asked.inRows ? readRows(json, inputs) : readColumns(json, inputs) };
    }),
  );
  return { body: asked.inRows ? encodePredictions(result) : encodeOutputs(result) };
}

/** A model here has one signature, whose name is TensorFlow's default. */
function checkSignatureName({ signature_name: name = SIGNATURE }: JsonObject): void {
  if (name === SIGNATURE) return;
  throw badRequest(`"signature_name" must be "${SIGNATURE}", or left out`);
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
      valueOf(instance, spec, specs.length === 1),
    );
    const missing = values.indexOf(undefined);
    if (missing !== -1)
      throw badRequest(`instance ${missing} has no value for input "${spec.name}"`);
    return tensorOfValues(spec, values);
  });
}

/** The value of one input: named in an object, or the value itself where there is a single input. */
function valueOf(given: unknown, { name, datatype }: TensorSpec, single: boolean): unknown {
  if (single && datatype === 'BYTES' && isBinaryValue(given)) return given;
  if (isJsonObject(given)) return Object.hasOwn(given, name) ? given[name] : undefined;
  return single ? given : undefined;
}

function readColumns({ inputs }: JsonObject, specs: Signature['inputs']): readonly Tensor[] {
  if (inputs === undefined) throw badRequest('the body needs "instances" or "inputs"');
  return specs.map((spec) => {
    const value = valueOf(inputs, spec, specs.length === 1);
    if (value === undefined) throw badRequest(`"inputs" has no value for input "${spec.name}"`);
    return tensorOfValues(spec, value);
  });
}

function encodePredictions({ outputs }: InferResult): string {
  const [single] = outputs;
  const alone = outputs.length === 1 && single !== undefined;
  return `{"predictions":${alone ? encodeNested(single, valueTexts) : encodeRecords(outputs, valueTexts)}}`;
}

function encodeOutputs({ outputs }: InferResult): string {
  const [single] = outputs;
  const alone = outputs.length === 1 && single !== undefined;
  return `{"outputs":${alone ? encodeNested(single, valueTexts) : encodeColumns(outputs, valueTexts)}}`;
}

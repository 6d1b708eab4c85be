import type { Signature, Tensor, TensorSpec } from '@fairlead/signature';
import type { InferResult, InferTarget } from '../../infer-request.ts';
import type { Call, Dialect, Reply, Route } from '../dialect.ts';
import { badRequest, decodeJsonBody, isJsonObject } from '../json-body.ts';
import { isBinaryValue, tensorOfValues, valueTexts } from './binary-values.ts';
import { describeTensorFlow } from './describe-tensorflow.ts';
import { encodeMetadata, SIGNATURE } from './encode-metadata.ts';
import { encodeColumns, encodeNested, encodeRecords } from '../nested-tensor.ts';
import { checkRows } from '../row-outputs.ts';

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
  const read: { rows?: number; signature?: Signature } = {};
  const result = await infer(target, () => {
    const { signature } = server.answering(target);
    const { inputs, rows } = decodePredict(body, signature);
    Object.assign(read, { rows, signature });
    return { inputs };
  });
  const { rows, signature } = read;
  if (rows === undefined || signature === undefined) return { body: encodeOutputs(result) };
  checkRows(result.outputs, rows, signature);
  return { body: encodePredictions(result) };
}

interface PredictRequest {
  readonly inputs: readonly Tensor[];
  /** How many instances were sent; undefined for inputs in columns. */
  readonly rows: number | undefined;
}

/** Reads the body of a prediction; a part that is `null` is left out. */
function decodePredict(body: Buffer, signature: Signature): PredictRequest {
  return decodeJsonBody(body, '{"instances":[…]}', (json) => {
    const instances = json.instances ?? undefined;
    const inputs = json.inputs ?? undefined;
    checkSignatureName(json.signature_name ?? SIGNATURE);
    if (instances === undefined) {
      return { inputs: readColumns(inputs, signature.inputs), rows: undefined };
    }
    if (inputs !== undefined) throw badRequest('give "instances" or "inputs", not both');
    if (!Array.isArray(instances) || instances.length === 0) {
      throw badRequest('"instances" must be a list that is not empty');
    }
    return { inputs: readRows(instances, signature.inputs), rows: instances.length };
  });
}

/** A model here has one signature, whose name is TensorFlow's default. */
function checkSignatureName(name: unknown): void {
  // An empty name is that of no signature in particular, as Protocol Buffers have it.
  if (name === SIGNATURE || name === '') return;
  throw badRequest(`"signature_name" must be "${SIGNATURE}", or left out`);
}

function readRows(instances: readonly unknown[], specs: Signature['inputs']): readonly Tensor[] {
  return specs.map((spec) => {
    const values = instances.map((instance) => valueOf(instance, spec, specs.length === 1));
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

function readColumns(inputs: unknown, specs: Signature['inputs']): readonly Tensor[] {
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

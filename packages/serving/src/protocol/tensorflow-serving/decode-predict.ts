import type { Signature, Tensor, TensorSpec } from '@fairlead/signature';
import { badRequest, decodeJsonBody, isJsonObject } from '../json-body.ts';
import { checkRowInputs } from '../row-inputs.ts';
import { isBinaryValue, tensorOfValues } from './binary-values.ts';
import { SIGNATURE } from './encode-metadata.ts';

/** Inputs of a prediction. */
export interface PredictRequest {
  readonly inputs: readonly Tensor[];
  /** Number of instances sent; undefined for inputs in columns. */
  readonly rows: number | undefined;
}

/** Reads the body of a prediction; a part that is `null` is left out. */
export function decodePredict(body: Buffer, signature: Signature): PredictRequest {
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
  checkRowInputs(specs);
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

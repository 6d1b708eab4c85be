import type { Signature, Tensor } from '@fairlead/signature';
import { badRequest, isJsonObject, type JsonObject } from '../json-body.ts';
import { tensorOfNested } from '../nested-tensor.ts';
import { readRecords, readSplit, tensorsOfFrame } from './data-frame.ts';

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

/** Inputs of a scoring request, and whether its predictions are wanted row by row or column by column. */
export interface ScoringRequest {
  readonly inputs: readonly Tensor[];
  readonly inRows: boolean;
}

/**
 * Reads the JSON of MLflow's scoring protocol: exactly one of `dataframe_split`, `dataframe_records`, `instances` and
 * `inputs`, with optional `params`.
 */
export function decodeScoring(json: JsonObject, signature: Signature): ScoringRequest {
  const given = FORMS.filter((form) => json[form] !== undefined);
  const [form] = given;
  if (form === undefined || given.length > 1) {
    throw badRequest(
      `give exactly one of ${FORMS.join(', ')}; given: ${given.join(', ') || 'none'}`,
    );
  }
  const unknown = Object.keys(json).find((key) => key !== form && key !== 'params');
  if (unknown !== undefined)
    throw badRequest(`"${unknown.slice(0, 100)}" is not a part of a scoring request`);
  const value = json[form];
  switch (form) {
    case 'dataframe_split':
      return { inputs: tensorsOfFrame(readSplit(value), signature), inRows: true };
    case 'dataframe_records':
      return { inputs: tensorsOfFrame(readRecords(value), signature), inRows: true };
    case 'instances':
      return { inputs: ofInstances(value, signature), inRows: true };
    case 'inputs':
      return { inputs: ofInputs(value, signature), inRows: false };
  }
}

function ofInstances(value: unknown, signature: Signature): readonly Tensor[] {
  if (Array.isArray(value) && value.length > 0 && value.every(isJsonObject)) {
    return tensorsOfFrame(readRecords(value), signature);
  }
  const [single, ...more] = signature.inputs;
  if (!Array.isArray(value) || single === undefined || more.length > 0) {
    throw badRequest('"instances" must be a list: of rows, or of objects that name the inputs');
  }
  return [tensorOfNested(single, value)];
}

function ofInputs(value: unknown, { inputs }: Signature): readonly Tensor[] {
  if (isJsonObject(value)) {
    return inputs.map((spec) => {
      if (Object.hasOwn(value, spec.name)) return tensorOfNested(spec, value[spec.name]);
      throw badRequest(`"inputs" has no value for input "${spec.name}"`);
    });
  }
  const [single, ...more] = inputs;
  if (!Array.isArray(value) || single === undefined || more.length > 0) {
    throw badRequest(
      '"inputs" must be an object that names the inputs, or a list for a model with a single one',
    );
  }
  return [tensorOfNested(single, value)];
}

import { isUtf8 } from 'node:buffer';
import {
  readCsv,
  recordsTable,
  splitTable,
  tableTensors,
  type CsvOptions,
  type Signature,
  type Table,
  type Tensor,
} from '@fairlead/signature';
import { MAX_INLINE_BYTES } from '../../codec/codec.ts';
import { badRequest, decodeJsonBody, isJsonObject, type JsonObject } from '../json-body.ts';
import { tensorOfNested } from '../nested-tensor.ts';
import { checkRowInputs } from '../row-inputs.ts';
import { checkCsvBudget } from './csv-budget.ts';

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

/** Inputs of a scoring request. */
export interface ScoringRequest {
  readonly inputs: readonly Tensor[];
  /** Number of rows sent, if predictions are returned row by row; undefined if column by column. */
  readonly rows: number | undefined;
}

/** Reads CSV: each line is a row. */
export function decodeCsv(
  body: Buffer,
  signature: Signature,
  header: CsvOptions['header'],
): ScoringRequest {
  if (!isUtf8(body)) throw badRequest('the body is not UTF-8');
  if (body.length > MAX_INLINE_BYTES) checkCsvBudget(body);
  return ofTable(readCsv(body.toString(), signature, { header }), signature);
}

/**
 * Reads the JSON of MLflow's scoring protocol: exactly one of `dataframe_split`, `dataframe_records`, `instances` and
 * `inputs`, with optional `params`. A part that is `null` is left out.
 */
export function decodeScoring(body: Buffer, signature: Signature): ScoringRequest {
  return decodeJsonBody(body, '{"instances":[…]}', (json) => ofForms(json, signature));
}

function ofForms(json: JsonObject, signature: Signature): ScoringRequest {
  const given = FORMS.filter((form) => (json[form] ?? undefined) !== undefined);
  const [form] = given;
  if (form === undefined || given.length > 1) {
    throw badRequest(
      `give exactly one of ${FORMS.join(', ')}; given: ${given.join(', ') || 'none'}`,
    );
  }
  const unknown = Object.keys(json).find(
    (key) => key !== 'params' && !(FORMS as readonly string[]).includes(key),
  );
  if (unknown !== undefined)
    throw badRequest(`"${unknown.slice(0, 100)}" is not a part of a scoring request`);
  const value = json[form];
  switch (form) {
    case 'dataframe_split':
      return ofTable(splitTable(value), signature);
    case 'dataframe_records':
      return ofTable(recordsTable(value), signature);
    case 'instances':
      return ofInstances(value, signature);
    case 'inputs':
      return { inputs: ofInputs(value, signature), rows: undefined };
  }
}

function ofTable(table: Table, signature: Signature): ScoringRequest {
  checkRowInputs(signature.inputs);
  return { inputs: tableTensors(table, signature), rows: table.rows.length };
}

function ofInstances(value: unknown, signature: Signature): ScoringRequest {
  if (Array.isArray(value) && value.length > 0 && value.every(isJsonObject)) {
    return ofTable(recordsTable(value), signature);
  }
  const [single, ...more] = signature.inputs;
  if (!Array.isArray(value) || value.length === 0 || single === undefined || more.length > 0) {
    throw badRequest('"instances" must be a list: of rows, or of objects that name the inputs');
  }
  checkRowInputs(signature.inputs);
  return { inputs: [tensorOfNested(single, value)], rows: value.length };
}

function ofInputs(value: unknown, { inputs }: Signature): readonly Tensor[] {
  if (isJsonObject(value)) {
    return inputs.map((spec) => {
      if (Object.hasOwn(value, spec.name)) return tensorOfNested(spec, value[spec.name]);
      throw badRequest(`"inputs" has no value for input "${spec.name}"`);
    });
  }
  const [single, ...more] = inputs;
  if (
    single === undefined ||
    more.length > 0 ||
    !(Array.isArray(value) || isScalar(single.shape))
  ) {
    throw badRequest(
      '"inputs" must be an object that names the inputs, or a list for a model with a single one',
    );
  }
  return [tensorOfNested(single, value)];
}

function isScalar(shape: readonly number[]): boolean {
  return shape.length === 0;
}

import {
  datatypes,
  decodeBinaryTensor,
  elementCount,
  encodeBinaryTensor,
  isDatatype,
  type Datatype,
  type Tensor,
} from '@fairlead/signature';
import { badRequest } from '../protocol/json-body.ts';
import { longVarints, smallVarints } from './wire/write-message.ts';
import type { InferInputTensor, InferTensorContents } from './wire/messages.ts';

type Field = keyof InferTensorContents;

/** The field of each datatype; FP16 has none. */
const FIELDS: Readonly<Partial<Record<Datatype, Field>>> = {
  BOOL: 'boolContents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
  BYTES: 'bytesContents',
};

const NOTHING = new Uint8Array(0);

/** Returns whether any element was sent in one of the fields. */
export function hasContents({ contents }: InferInputTensor): boolean {
  return filledFields(contents).length > 0;
}

/**
 * Creates a tensor of the elements in the field of its datatype.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` naming the tensor, or SignatureError for its name, datatype or shape.
 */
export function decodeTypedTensor(input: InferInputTensor): Tensor {
  const { name, datatype, shape, contents } = input;
  // Only for its error message.
  if (!isDatatype(datatype)) return decodeBinaryTensor({ name, datatype, shape }, NOTHING);
  const field = FIELDS[datatype];
  if (field === undefined) {
    throw badRequest(
      `tensor "${name}": ${datatype} has no typed contents; send it in raw_input_contents`,
    );
  }
  const wrong = filledFields(contents).find((filled) => filled !== field);
  if (wrong !== undefined) {
    throw badRequest(
      `tensor "${name}": ${datatype} comes in ${snakeCase(field)}, not in ${snakeCase(wrong)}`,
    );
  }
  const values = contents?.[field] ?? [];
  const count = elementCount(shape);
  const isShape = shape.every((length) => length >= 0) && Number.isSafeInteger(count);
  if (isShape && count !== values.length) {
    const expected = `${count} elements for shape [${shape.join(',')}]`;
    throw badRequest(`tensor "${name}": expected ${expected}, found ${values.length}`);
  }
  checkRange(name, datatype, values);
  const flat = { name, datatype, shape: [values.length], data: storageOf(datatype, values) };
  // Tensors are checked in one place, as bytes.
  return decodeBinaryTensor({ name, datatype, shape }, encodeBinaryTensor(flat as Tensor));
}

/** The field of a tensor's elements and how they are written there; undefined for FP16, which has none. */
export function encodeTypedContents(tensor: Tensor): TypedContents | undefined {
  const field = FIELDS[tensor.datatype];
  if (field === undefined) return undefined;
  switch (tensor.datatype) {
    case 'BYTES':
      return { field, elements: tensor.data };
    case 'INT64':
    case 'UINT64':
      return { field, packed: longVarints(tensor.data) };
    case 'FP32':
    case 'FP64':
      return { field, packed: encodeBinaryTensor(tensor) };
    default:
      return { field, packed: smallVarints(tensor.data) };
  }
}

/** Elements as a field of `InferTensorContents` holds them: packed, or byte strings with a field for each. */
export type TypedContents =
  | { readonly field: Field; readonly packed: Uint8Array }
  | { readonly field: Field; readonly elements: readonly Uint8Array[] };

function filledFields(contents: InferTensorContents | null): readonly Field[] {
  if (contents === null) return [];
  const fields = Object.entries(contents) as readonly [Field, ArrayLike<unknown>][];
  return fields.flatMap(([field, values]) => (values.length > 0 ? field : []));
}

/** A 32-bit field also carries 8 and 16 bits. */
function checkRange(name: string, datatype: Datatype, values: ArrayLike<unknown>): void {
  const { kind, integerRange } = datatypes[datatype];
  if (kind !== 'integer' || integerRange === undefined) return;
  const [min, max] = [Number(integerRange[0]), Number(integerRange[1])];
  const numbers = values as ArrayLike<number>;
  for (let index = 0; index < numbers.length; index++) {
    const value = numbers[index] ?? 0;
    if (value >= min && value <= max) continue;
    throw badRequest(
      `tensor "${name}": expected ${min} to ${max} (${datatype}), found ${value} at element ${index}`,
    );
  }
}

/** Elements in the storage of their datatype: that of the field itself, but for 8 and 16 bits. */
function storageOf(datatype: Datatype, values: ArrayLike<unknown>): unknown {
  if (datatype === 'BYTES' || datatypes[datatype].isData(values)) return values;
  const storage = datatypes[datatype].allocate(values.length) as Int8Array;
  storage.set(values as ArrayLike<number>);
  return storage;
}

function snakeCase(field: Field): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

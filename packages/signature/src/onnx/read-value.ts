import {
  dimensionFields,
  shapeFields,
  tensorTypeFields,
  typeFields,
  valueFields,
} from './onnx-fields.ts';
import type { OnnxValue } from './onnx-model.ts';
import type { ProtobufReader } from './protobuf-reader.ts';

const MAX_RANK = 32;
const MAX_DESCRIPTION_BYTES = 64 * 1024;
const TENSOR = 1;

const kinds: Readonly<Record<number, string>> = {
  [TENSOR]: 'a tensor',
  4: 'a sequence',
  5: 'a map',
  7: 'an opaque value',
  8: 'a sparse tensor',
  9: 'an optional',
};

/** Reads the visited field, a ValueInfoProto. */
export function readValue(reader: ProtobufReader): OnnxValue {
  let name = '';
  let description = '';
  let type: Omit<OnnxValue, 'name'> = { kind: 'of no type' };
  reader.readMessage(valueFields, (field) => {
    if (field === 1) name = reader.text();
    if (field === 2) type = readType(reader);
    if (field === 3 && reader.length <= MAX_DESCRIPTION_BYTES) {
      description = new TextDecoder().decode(reader.bytes());
    }
  });
  return { name, ...type, ...(description !== '' && { description }) };
}

function readType(reader: ProtobufReader): Omit<OnnxValue, 'name'> {
  let type: Omit<OnnxValue, 'name'> = { kind: 'of no type' };
  reader.readMessage(typeFields, (field) => {
    const kind = kinds[field];
    if (kind === undefined) return;
    type = { kind };
    if (field !== TENSOR) return;
    let elementType = 0;
    let shape: OnnxValue['shape'];
    reader.readMessage(tensorTypeFields, (part) => {
      if (part === 1) elementType = reader.int32();
      if (part === 2) shape = readShape(reader);
    });
    type = { kind, elementType, ...(shape && { shape }) };
  });
  return type;
}

function readShape(reader: ProtobufReader): OnnxValue['shape'] & object {
  const shape: (number | string | undefined)[] = [];
  reader.readMessage(shapeFields, (field) => {
    if (field !== 1) return;
    let length: number | string | undefined;
    reader.readMessage(dimensionFields, (part) => {
      if (part === 1) length = reader.int64();
      if (part === 2) length = reader.text();
    });
    if (shape.push(length) > MAX_RANK) {
      throw new Error(`a shape in it has more than ${MAX_RANK} dimensions`);
    }
  });
  return shape;
}

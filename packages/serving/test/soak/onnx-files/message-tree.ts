/** A field of a protobuf message, with the freedoms that its encoding has. */
export interface TreeField {
  tag: number;
  wireType: number;
  /** Of a number. */
  value: bigint;
  /** Of what has a length, or 4 or 8 bytes. */
  bytes: Buffer;
  /** Of a message: its fields, in the place of `bytes`. */
  message?: TreeField[] | undefined;
  /** Bytes by which the value, or the length, is longer than it has to be. */
  padding: number;
  /** Bytes by which the key is longer than it has to be. */
  keyPadding: number;
}

type MessageType = Readonly<Record<number, string>>;

/** Which fields are messages, of onnx-ml.proto. */
const types: Readonly<Record<string, MessageType>> = {
  model: { 7: 'graph', 8: 'entry', 14: 'entry', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph', 3: 'entry', 4: 'entry' },
  function: { 7: 'node', 9: 'entry', 11: 'attribute', 12: 'value' },
  graph: { 1: 'node', 5: 'tensor', 11: 'value', 12: 'value', 13: 'value', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: {
    5: 'tensor',
    6: 'graph',
    10: 'tensor',
    11: 'graph',
    14: 'type',
    22: 'sparse',
    23: 'sparse',
  },
  tensor: { 13: 'entry' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  value: { 2: 'type' },
  type: { 1: 'tensor-type', 4: 'holder', 9: 'holder' },
  'tensor-type': { 2: 'shape' },
  holder: { 1: 'type' },
  shape: { 1: 'entry' },
  entry: {},
};

/** Decodes a message of ONNX that is well formed. */
export function decodeTree(bytes: Buffer, type = 'model'): TreeField[] {
  const fields: TreeField[] = [];
  let position = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[position++];
      if (byte === undefined) throw new Error('the message ends too early');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (position < bytes.length) {
    const key = Number(varint());
    const [tag, wireType] = [key >> 3, key & 7];
    const value = wireType === 0 ? varint() : 0n;
    const lengths: Readonly<Record<number, number>> = { 0: 0, 1: 8, 5: 4 };
    const length = wireType === 2 ? Number(varint()) : (lengths[wireType] ?? 0);
    const content = bytes.subarray(position, position + length);
    position += length;
    const inner = wireType === 2 ? types[type]?.[tag] : undefined;
    const message = inner === undefined ? undefined : decodeTree(content, inner);
    fields.push({ tag, wireType, value, bytes: content, message, padding: 0, keyPadding: 0 });
  }
  return fields;
}

/** Encodes a message with the freedoms of its fields. */
export function encodeTree(fields: readonly TreeField[]): Buffer {
  return Buffer.concat(
    fields.flatMap(({ tag, wireType, value, bytes, message, padding, keyPadding }) => {
      const key = encodeVarint(BigInt(tag * 8 + wireType), keyPadding);
      if (wireType === 0) return [key, encodeVarint(value, padding)];
      const content = message ? encodeTree(message) : bytes;
      if (wireType !== 2) return [key, content];
      return [key, encodeVarint(BigInt(content.length), padding), content];
    }),
  );
}

function encodeVarint(value: bigint, padding: number): Buffer {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    const more = rest > 127n || padding > 0;
    bytes.push(Number(rest & 127n) | (more ? 128 : 0));
    if (rest <= 127n) break;
  }
  for (let index = 1; index <= padding; index += 1) bytes.push(index === padding ? 0 : 128);
  return Buffer.from(bytes);
}

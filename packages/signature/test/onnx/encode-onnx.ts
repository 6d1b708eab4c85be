/** A varint, as short as it can be. */
function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** A field that is a message, a text or bytes. */
export function field(tag: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint((tag << 3) | 2), varint(bytes.length), bytes]);
}

/** A field that is a number. */
export function number(tag: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(tag << 3), varint(value)]);
}

/** A field that is a text. */
export function text(tag: number, value: string): Buffer {
  return field(tag, Buffer.from(value));
}

/** A NodeProto; `attributes` are fields of it. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Buffer[] = [],
): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, opType),
    ...attributes,
  ]);
}

/** A TensorProto, with its elements, or in the file at `location`. */
export function tensor({
  name,
  type,
  dims,
  raw,
  location,
}: {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
  readonly raw?: readonly number[];
  readonly location?: string;
}): Buffer {
  return Buffer.concat([
    ...dims.map((length) => number(1, length)),
    number(2, type),
    text(8, name),
    ...(raw ? [field(9, Buffer.from(raw))] : []),
    ...(location === undefined
      ? []
      : [field(13, Buffer.concat([text(1, 'location'), text(2, location)])), number(14, 1)]),
  ]);
}

/** A ValueInfoProto of a tensor. */
export function value(
  name: string,
  type: number,
  shape: readonly (number | string | undefined)[],
): Buffer {
  const lengths = shape.map((length) => {
    if (length === undefined) return field(1, Buffer.alloc(0));
    return field(1, typeof length === 'number' ? number(1, length) : text(2, length));
  });
  const tensorType = Buffer.concat([number(1, type), field(2, Buffer.concat(lengths))]);
  return Buffer.concat([text(1, name), field(2, field(1, tensorType))]);
}

/** The parts of a graph, encoded. */
export interface GraphParts {
  readonly nodes?: readonly Buffer[];
  readonly initializers?: readonly Buffer[];
  readonly sparse?: readonly Buffer[];
  readonly inputs?: readonly Buffer[];
  readonly outputs?: readonly Buffer[];
}

/** A GraphProto. */
export function graph({
  nodes = [],
  initializers = [],
  sparse = [],
  inputs = [],
  outputs = [],
}: GraphParts): Buffer {
  return Buffer.concat([
    ...nodes.map((each) => field(1, each)),
    text(2, 'g'),
    ...initializers.map((each) => field(5, each)),
    ...inputs.map((each) => field(11, each)),
    ...outputs.map((each) => field(12, each)),
    ...sparse.map((each) => field(15, each)),
  ]);
}

/** A ModelProto with ONNX's operators of version 17. */
export function model(parts: GraphParts): Buffer {
  return Buffer.concat([number(1, 8), field(7, graph(parts)), field(8, number(2, 17))]);
}

import type { RandomSource } from '@fairlead/signature';

/** Attributes of a node: an integer, integers, or a text. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string>>;

/** A node with one output. */
export interface NodeParts {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Attributes;
}

/** Parts of a model with the input `x`. */
export interface ModelParts {
  readonly nodes: readonly NodeParts[];
  /** Lists of INT64. */
  readonly lists: ReadonlyMap<string, readonly number[]>;
  /** Shapes of FP32 weights, which are drawn. */
  readonly floats: ReadonlyMap<string, readonly number[]>;
  readonly random: RandomSource;
  readonly output: string;
  /** Of `x`. */
  readonly shape: readonly (number | string)[];
}

const FLOAT = 1;
const INT64 = 7;
const OPSET = 17;

function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function field(tag: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint((tag << 3) | 2), varint(bytes.length), bytes]);
}

function number(tag: number, value: number): Buffer {
  return Buffer.concat([varint(tag << 3), varint(value)]);
}

function attribute([name, value]: readonly [string, Attributes[string]]): Buffer {
  const parts: readonly Buffer[] =
    typeof value === 'number'
      ? [number(3, value), number(20, 2)]
      : typeof value === 'string'
        ? [field(4, value), number(20, 3)]
        : [...value.map((each) => number(8, each)), number(20, 7)];
  return field(5, Buffer.concat([field(1, name), ...parts]));
}

function tensor(name: string, type: number, shape: readonly number[], raw: Uint8Array): Buffer {
  const dims = shape.map((length) => number(1, length));
  return field(5, Buffer.concat([...dims, number(2, type), field(8, name), field(9, raw)]));
}

/** Encodes a model in ONNX's format. */
export function encodeModel(parts: ModelParts): Buffer {
  const { nodes, lists, floats, random, output, shape } = parts;
  const dims = shape.map((length) =>
    field(1, typeof length === 'number' ? number(1, length) : field(2, length)),
  );
  const type = Buffer.concat([number(1, FLOAT), field(2, Buffer.concat(dims))]);
  const graph = Buffer.concat([
    ...nodes.map((node) =>
      field(
        1,
        Buffer.concat([
          ...node.inputs.map((name) => field(1, name)),
          field(2, node.output),
          field(4, node.opType),
          ...Object.entries(node.attributes).map(attribute),
        ]),
      ),
    ),
    field(2, 'g'),
    ...Array.from(lists, ([name, list]) =>
      tensor(name, INT64, [list.length], Buffer.from(BigInt64Array.from(list, BigInt).buffer)),
    ),
    ...Array.from(floats, ([name, dimensions]) => {
      const count = dimensions.reduce((product, length) => product * length, 1);
      const data = Float32Array.from({ length: count }, () => random() * 2 - 1);
      return tensor(name, FLOAT, dimensions, Buffer.from(data.buffer));
    }),
    field(11, Buffer.concat([field(1, 'x'), field(2, field(1, type))])),
    field(12, Buffer.concat([field(1, output), field(2, field(1, number(1, FLOAT)))])),
  ]);
  return Buffer.concat([number(1, 8), field(7, graph), field(8, number(2, OPSET))]);
}

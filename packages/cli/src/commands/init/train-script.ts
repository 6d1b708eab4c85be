/** Text of the train script of a new project: linear regression, written as ONNX without dependencies. */
export const trainScript = `import { mkdirSync, writeFileSync } from 'node:fs';

// Replace this file by your own training; any program that writes an ONNX file will do.

/** Training data: area in m² and rooms, and the price in thousands. */
const rows = Array.from({ length: 200 }, (_, at) => {
  const area = 30 + ((at * 37) % 120);
  const rooms = 1 + (at % 5);
  const noise = ((at * 7919) % 21) - 10;
  return { x: [area, rooms], y: 20 + 3 * area + 15 * rooms + noise };
});

const { weights, bias } = fit(rows);
const predict = ([area = 0, rooms = 0]: readonly number[]): number =>
  (weights[0] ?? 0) * area + (weights[1] ?? 0) * rooms + bias;
const rmse = Math.sqrt(rows.reduce((sum, { x, y }) => sum + (predict(x) - y) ** 2, 0) / rows.length);

mkdirSync('trained', { recursive: true });
writeFileSync('trained/model.onnx', onnxModel(weights, bias));
writeFileSync(
  'trained/metadata.json',
  JSON.stringify({
    signature: {
      inputs: [
        {
          name: 'x',
          datatype: 'FP32',
          shape: [-1, 2],
          features: [{ name: 'area' }, { name: 'rooms' }],
        },
      ],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    },
    metrics: { rmse },
    goldenExamples: [
      {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [80, 3] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [predict([80, 3])] }],
        tolerance: 0.01,
      },
    ],
  }),
);
// The requests of a version are compared with this table: the push stores a summary of it.
const table = rows.map(({ x: [area, rooms], y }) => [area, rooms, y].join(','));
writeFileSync('trained/train.csv', ['area,rooms,price', ...table].join('\\n'));
console.log(\`Trained on \${rows.length} rows: rmse \${rmse.toFixed(2)}, in trained/\`);

/** Linear regression by the normal equations. */
function fit(data: readonly { readonly x: readonly number[]; readonly y: number }[]) {
  const size = 3;
  const matrix = Array.from({ length: size }, () => new Array<number>(size + 1).fill(0));
  for (const { x, y } of data) {
    const terms = [...x, 1];
    terms.forEach((a, row) => {
      [...terms, y].forEach((b, column) => (matrix[row]![column]! += a * b));
    });
  }
  for (let pivot = 0; pivot < size; pivot += 1) {
    for (let row = 0; row < size; row += 1) {
      if (row === pivot) continue;
      const factor = matrix[row]![pivot]! / matrix[pivot]![pivot]!;
      matrix[row] = matrix[row]!.map((value, column) => value - factor * matrix[pivot]![column]!);
    }
  }
  const [first = 0, second = 0, bias = 0] = matrix.map((row, at) => row[size]! / row[at]!);
  return { weights: [first, second], bias };
}

/** y = x · weights + bias as an ONNX model: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
function onnxModel(weights: readonly number[], bias: number): Uint8Array {
  const FLOAT = 1;
  const tensor = (name: string, dims: readonly number[], values: readonly number[]) =>
    Buffer.concat([
      ...dims.map((dim) => int(1, dim)),
      int(2, FLOAT),
      bytes(8, name),
      bytes(9, Buffer.from(Float32Array.from(values).buffer)),
    ]);
  const value = (name: string, columns: number) => {
    const shape = Buffer.concat([bytes(1, bytes(2, 'batch')), bytes(1, int(1, columns))]);
    const type = bytes(1, Buffer.concat([int(1, FLOAT), bytes(2, shape)]));
    return Buffer.concat([bytes(1, name), bytes(2, type)]);
  };
  const node = Buffer.concat([
    ...['x', 'weights', 'bias'].map((name) => bytes(1, name)),
    bytes(2, 'y'),
    bytes(4, 'Gemm'),
  ]);
  const graph = Buffer.concat([
    bytes(1, node),
    bytes(2, 'house-price'),
    bytes(5, tensor('weights', [weights.length, 1], weights)),
    bytes(5, tensor('bias', [1], [bias])),
    bytes(11, value('x', weights.length)),
    bytes(12, value('y', 1)),
  ]);
  return Buffer.concat([int(1, 8), bytes(2, 'train.ts'), bytes(7, graph), bytes(8, int(2, 13))]);
}

function int(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function bytes(field: number, content: string | Buffer): Buffer {
  const data = Buffer.from(content as string);
  return Buffer.concat([varint(field * 8 + 2), varint(data.length), data]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...out, rest]);
    out.push((rest % 128) + 128);
  }
}
`;

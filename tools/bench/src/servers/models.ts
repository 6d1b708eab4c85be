import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Signature } from '@fairlead/signature';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** A model of the benchmark: its file, and the shape of one row. */
export interface BenchModel {
  readonly name: string;
  readonly file: string;
  readonly shape: readonly number[];
  readonly classes: number;
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Makes the models, with random weights, unless they are there. */
export function benchModels(folder: string): readonly BenchModel[] {
  if (!['cnn.onnx', 'image.onnx', 'tabular.onnx'].every((name) => existsSync(join(folder, name)))) {
    const script = join(ROOT, 'tools/bench/models/make_models.py');
    execFileSync(join(ROOT, '.venv/bin/python'), [script, folder], { stdio: 'inherit' });
  }
  const of = (name: string, shape: readonly number[], classes: number): BenchModel => ({
    name,
    file: join(folder, `${name}.onnx`),
    shape,
    classes,
  });
  return [
    of('tiny', [16], 4),
    of('tabular', [30], 2),
    of('medium', [256], 10),
    of('large', [256], 10),
    of('cnn', [3, 32, 32], 10),
    of('image', [3, 224, 224], 10),
  ];
}

/** The signature of a benchmark's model. */
export function signatureOf({ shape, classes }: BenchModel): Signature {
  return {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, ...shape] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, classes] }],
  };
}

/** One row as an Open Inference request in JSON, with numbers as a client that holds binary32 writes them. */
export function requestOf(model: BenchModel): string {
  const data = [...rowOf(model)];
  const shape = [1, ...model.shape];
  return JSON.stringify({ inputs: [{ name: 'x', shape, datatype: 'FP32', data }] });
}

/** One row as the named argument of a function, for servers with a protocol that isn't Open Inference. */
export function rowsRequestOf(model: BenchModel): string {
  return JSON.stringify({ x: [nested([...rowOf(model)], model.shape)] });
}

function nested(data: readonly number[], [, ...inner]: readonly number[]): unknown {
  if (inner.length === 0) return data;
  const size = inner.reduce((product, length) => product * length, 1);
  return Array.from({ length: data.length / size }, (_, index) =>
    nested(data.slice(index * size, (index + 1) * size), inner),
  );
}

/** The model's outputs for that row, computed by ONNX Runtime in this process. */
export async function answerTo(model: BenchModel): Promise<readonly number[]> {
  const session = await InferenceSession.create(model.file);
  try {
    const { y } = await session.run({
      x: new Tensor('float32', rowOf(model), [1, ...model.shape]),
    });
    return [...(y?.data as Float32Array)];
  } finally {
    await session.release();
  }
}

/** A body with the headers that describe it. */
export interface BinaryBody {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** One row as the bytes of its elements, which a server that knows the shape takes as they are. */
export function rawRequestOf(model: BenchModel): BinaryBody {
  const { buffer } = rowOf(model);
  return { body: Buffer.from(buffer), headers: { 'Content-Type': 'application/octet-stream' } };
}

/** One row as an Open Inference request with its elements as bytes behind the JSON, and outputs in the same form. */
export function binaryRequestOf(model: BenchModel): BinaryBody {
  const { body, headers } = rawRequestOf(model);
  const parameters = { binary_data_size: body.length };
  const input = { name: 'x', shape: [1, ...model.shape], datatype: 'FP32', parameters };
  const head = JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } });
  return {
    body: Buffer.concat([Buffer.from(head), body]),
    headers: { ...headers, 'Inference-Header-Content-Length': String(Buffer.byteLength(head)) },
  };
}

function rowOf({ shape }: BenchModel): Float32Array<ArrayBuffer> {
  const count = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: count }, (_, index) => Math.sin(index));
}

import assert from 'node:assert/strict';
import type { InferenceRecord } from '@fairlead/serving';
import { Random } from '../random.ts';

/** Offsets of the models: version 1 computes y = 2 x + 1, version 2 y = 2 x + 101. */
const OFFSETS: Readonly<Record<string, number>> = { '1': 1, '2': 101 };
const COLUMNS = 2;
/** Rows from which storage is freed before the garbage collector finds it. */
const LARGE_ROWS = 2048;

/** A request that its seed decides. */
export interface StorageRequest {
  readonly seed: number;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the input of a seed; all elements are whole numbers, so that results are exact. */
function inputOf(seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  const rows = random.chance(0.5) ? 1 + random.below(8) : LARGE_ROWS + random.below(LARGE_ROWS);
  const first = random.below(1_000_000);
  return Float32Array.from({ length: rows * COLUMNS }, (_, index) => first + index);
}

/** Returns a request for the input of a seed: with the bytes of the tensor, alone or behind JSON at any offset, or all as text. */
export function createRequest(seed: number, random: Random): StorageRequest {
  const data = inputOf(seed);
  const bytes = Buffer.from(data.buffer);
  const shape = [data.length / COLUMNS, COLUMNS];
  const ids = { 'x-seed': String(seed) };
  const binaryOutputs = { parameters: { binary_data_output: random.chance(0.7) } };
  const id = '-'.repeat(random.below(9));
  if (random.chance(0.2)) {
    const x = { name: 'x', datatype: 'FP32', shape, data: [...data] };
    const text = JSON.stringify({ id, inputs: [x], ...binaryOutputs });
    return {
      seed,
      body: Buffer.from(text),
      headers: { ...ids, 'content-type': 'application/json' },
    };
  }
  const parameters = { binary_data_size: bytes.length };
  const x = { name: 'x', datatype: 'FP32', shape, parameters };
  const head = Buffer.from(JSON.stringify({ id, inputs: [x], ...binaryOutputs }));
  const headers = {
    ...ids,
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(head.length),
  };
  return { seed, body: Buffer.concat([head, bytes]), headers };
}

/** Checks that an answer has the result of its input, by the version that it names. */
export function checkAnswer(
  seed: number,
  version: string,
  body: Buffer,
  jsonBytes: number | undefined,
): void {
  const json = JSON.parse(body.subarray(0, jsonBytes).toString()) as {
    readonly outputs: readonly [{ readonly data?: readonly number[] }];
  };
  const expected = resultOf(inputOf(seed), version);
  const [{ data }] = json.outputs;
  const actual =
    data === undefined ? body.subarray(jsonBytes) : Buffer.from(Float32Array.from(data).buffer);
  assert.equal(Buffer.compare(actual, Buffer.from(expected.buffer)), 0, `answer of ${seed}`);
}

/** Returns whether the inputs of a request are recorded. */
export function readsInputs(seed: number): boolean {
  return seed % 3 > 0;
}

/** Checks a record against its own request; returns whether its inputs are recorded. */
export function checkRecord({ requestId, label, inputs, outputs }: InferenceRecord): boolean {
  const seed = Number(requestId);
  const input = inputOf(seed);
  assert.deepEqual(outputs[0]?.data, resultOf(input, label.version), `outputs of ${seed}`);
  if (!readsInputs(seed)) return false;
  assert.deepEqual(inputs[0]?.data, input, `inputs of ${seed}`);
  return true;
}

function resultOf(input: Float32Array, version: string): Float32Array<ArrayBuffer> {
  const offset = OFFSETS[version] ?? NaN;
  return Float32Array.from(input, (value) => 2 * value + offset);
}

import { seededRandom, type RandomSource, type Signature } from '@fairlead/signature';
import { readOnnxModel } from '@fairlead/signature/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { analyzeRows } from '../../src/onnx/rows/analyze-rows.ts';
import { randomGraph, type RandomGraph } from './row-graphs/random-graph.ts';

/** More are tried with `ROW_GRAPHS=20000`, other ones with `ROW_GRAPHS_SEED=2`. */
const GRAPHS = Number(process.env.ROW_GRAPHS ?? 1500);
const SEED = process.env.ROW_GRAPHS_SEED ?? '1';
const ROWS = 3;
/** Typical magnitudes of a row: a large one beside small ones shows what is normalized or compared across rows. */
const SCALES = [1, 1e4, 0.01];

type Row = readonly number[];

function analyze({ bytes, hasInnerLength }: RandomGraph) {
  const signature: Signature = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: hasInnerLength ? [-1, -1, 2] : [-1, 2] }],
    outputs: [{ name: outputOf(bytes), datatype: 'FP32', shape: [-1] }],
  };
  return analyzeRows(readOnnxModel(bytes), signature);
}

function outputOf(bytes: Buffer): string {
  return readOnnxModel(bytes).graph.outputs[0]?.name ?? '';
}

async function open(bytes: Buffer): Promise<InferenceSession | undefined> {
  try {
    return await InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  } catch {
    return undefined;
  }
}

/** The output, or undefined when the graph doesn't take the rows. */
async function run(session: InferenceSession, rows: readonly Row[], inner: readonly number[]) {
  try {
    const x = new Tensor('float32', Float32Array.from(rows.flat()), [rows.length, ...inner]);
    const output = (await session.run({ x }))[session.outputNames[0] ?? ''];
    return output && { data: output.data as Float32Array, dims: output.dims };
  } catch {
    return undefined;
  }
}

/** Says how the rows influence each other, if they do. */
async function findMixing(
  session: InferenceSession,
  inner: readonly number[],
  random: RandomSource,
): Promise<string | undefined> {
  const count = inner.reduce((product, length) => product * length, 1);
  const rows = Array.from({ length: ROWS }, (_, row): Row =>
    Array.from({ length: count }, () => (random() * 2 - 1) * (SCALES[row] ?? 1)),
  );
  const alone = [];
  for (const row of rows) alone.push(await run(session, [row], inner));
  if (alone.includes(undefined)) return undefined;
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0],
    [0, 0],
  ]) {
    const together = await run(
      session,
      order.map((index) => rows[index] ?? []),
      inner,
    );
    // Requests that fail together are run one by one.
    if (together === undefined) continue;
    if (together.dims[0] !== order.length)
      return `${order.length} rows give the shape [${together.dims.join()}]`;
    const width = together.data.length / order.length;
    for (const [place, index] of order.entries()) {
      const expected = alone[index]?.data ?? [];
      const found = together.data.subarray(place * width, (place + 1) * width);
      if (expected.length !== width || !areNear(expected, found)) {
        return `row ${index} at place ${place} of ${order.length} gives [${found.join()}], alone [${expected.join()}]`;
      }
    }
  }
  return undefined;
}

function areNear(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  const magnitude = Math.max(1, ...Array.from(left, Math.abs).filter(Number.isFinite));
  return Array.from(left).every((value, index) => {
    const other = right[index] ?? NaN;
    return (
      Object.is(value, other) || value === other || Math.abs(value - other) <= 1e-4 * magnitude
    );
  });
}

test(
  `of ${GRAPHS} random graphs none that is called independent mixes rows`,
  { timeout: 60_000 + GRAPHS * 40 },
  async () => {
    const counts = { independent: 0, dependent: 0, unknown: 0 };
    let tried = 0;
    for (let index = 0; index < GRAPHS; index++) {
      const random = seededRandom(`graph ${SEED}/${index}`);
      const graph = randomGraph(random);
      const { rows } = analyze(graph);
      counts[rows] += 1;
      if (rows !== 'independent') continue;
      const session = await open(graph.bytes);
      if (session === undefined) continue;
      tried += 1;
      for (const inner of graph.hasInnerLength
        ? [
            [1, 2],
            [2, 2],
            [3, 2],
          ]
        : [[2]]) {
        const mixing = await findMixing(session, inner, random);
        expect(
          mixing,
          `graph ${SEED}/${index}, x [n,${inner.join()}]:\n${graph.text}`,
        ).toBeUndefined();
      }
      await session.release();
    }
    // The graphs are of all kinds, or the test would show nothing.
    expect(Math.min(...Object.values(counts)), JSON.stringify(counts)).toBeGreaterThan(GRAPHS / 50);
    expect(tried).toBeGreaterThan(GRAPHS / 50);
  },
);

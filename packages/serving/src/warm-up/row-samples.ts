import {
  drawTensors,
  elementCount,
  float16ToNumber,
  numberToFloat16,
  type RandomSource,
  type Signature,
  type Tensor,
} from '@fairlead/signature';
import { packBatch, splitBatch } from '../scheduling/pack-batch.ts';

/** Inputs of one request. */
export type Request = readonly Tensor[];

/** Options of {@link drawRowSamples}. */
export interface RowSampleOptions {
  readonly signature: Signature;
  /** Requests that the version takes: golden examples, or one that suits it. */
  readonly known: readonly Request[];
  readonly random: RandomSource;
  /** Rows that one request may have at most. */
  readonly maxRows: number;
  /** Length of each inner dimension that varies, instead of the first known request's; all are drawn then. */
  readonly innerLength?: number;
}

/** Rows of the requests that are drawn: mostly one, as most requests have. */
const ROW_COUNTS = [1, 1, 2, 1, 3, 1];
const SCALES = [1, 10, 0.1];
/** Elements of a row beyond which fewer and simpler requests are drawn: all of them are held at the same time. */
const LARGE_ROW = 2 ** 17;
/** Part of its magnitude by which a known value is changed at most. */
const NOISE = 0.2;

/**
 * Draws different requests to try together, all of the shape of the first known one but for their rows, or of
 * `innerLength`.
 *
 * They are the known ones; values of those mixed column by column and changed a little; values within the signature's
 * ranges; and the first known one with missing values (NaN), which some models replace by what other rows have.
 */
export function drawRowSamples({
  signature: { inputs: specs },
  known,
  random,
  maxRows,
  innerLength,
}: RowSampleOptions): readonly Request[] {
  if (innerLength !== undefined) return drawOfLength(specs, innerLength, random, maxRows);
  const [first = []] = known;
  const alike = known.filter((request) => innerShapes(request) === innerShapes(first));
  const singles = alike.flatMap(toRows).slice(0, 64);
  const samples: Request[] = alike.map((request) => firstRows(request, maxRows)).slice(0, 4);
  const isLarge = elementsOf(firstRows(first, 1)) > LARGE_ROW;
  const isMixable = singles.length > 0 && !isLarge;
  const counts = isLarge ? ROW_COUNTS.slice(0, 3) : ROW_COUNTS;
  counts.forEach((count, index) => {
    const rows = Math.min(count, maxRows);
    samples.push(
      drawTensors(specs, {
        random,
        scale: SCALES[index % SCALES.length] ?? 1,
        maxInteger: index % 2 === 0 ? 1 : 9,
        lengthOf: (spec, dimension) =>
          dimension === 0
            ? rows
            : (first.find(({ name }) => name === spec.name)?.shape[dimension] ?? 1),
      }),
    );
    if (isMixable) {
      samples.push(packBatch(Array.from({ length: rows }, () => mixRows(singles, random))));
    }
  });
  const missing = withMissing(firstRows(first, 1), random);
  if (missing !== undefined) samples.push(missing);
  return samples;
}

/** Lengths that a request has in the dimensions that vary, but for the first ones. */
export function innerLengths({ inputs }: Signature, request: Request): readonly number[] {
  return inputs.flatMap(({ name, shape }) => {
    const tensor = request.find((each) => each.name === name);
    return shape.flatMap((length, at) => (at > 0 && length === -1 ? [tensor?.shape[at] ?? 1] : []));
  });
}

function drawOfLength(
  specs: Signature['inputs'],
  innerLength: number,
  random: RandomSource,
  maxRows: number,
): readonly Request[] {
  return ROW_COUNTS.slice(0, 4).map((count, index) =>
    drawTensors(specs, {
      random,
      scale: SCALES[index % SCALES.length] ?? 1,
      maxInteger: index % 2 === 0 ? 1 : 9,
      lengthOf: (_, dimension) => (dimension === 0 ? Math.min(count, maxRows) : innerLength),
    }),
  );
}

/** Shapes of the inputs but for their first dimensions: only requests in which they agree share an execution. */
export function innerShapes(request: Request): string {
  return request.map(({ name, shape }) => `${name}:${shape.slice(1).join(',')}`).join(';');
}

function elementsOf(request: Request): number {
  return request.reduce((sum, { data }) => sum + data.length, 0);
}

function toRows(request: Request): readonly Request[] {
  const rows = request[0]?.shape[0] ?? 0;
  return splitBatch(request, new Array<number>(rows).fill(1)) ?? [];
}

function firstRows(request: Request, count: number): Request {
  const rows = request[0]?.shape[0] ?? 0;
  if (rows <= count) return request;
  return splitBatch(request, [count, rows - count])?.[0] ?? request;
}

/** One row whose elements come from different rows, floating-point ones changed by a part of their magnitude. */
function mixRows(rows: readonly Request[], random: RandomSource): Request {
  const pick = (): Request => rows[Math.floor(random() * rows.length)] ?? [];
  const change = (value: number): number => value * (1 + NOISE * (2 * random() - 1));
  return (rows[0] ?? []).map(({ name, datatype, shape }, position) => {
    const elements = Array.from({ length: elementCount(shape) }, (_, index) => {
      const element = pick()[position]?.data[index];
      if (datatype === 'FP16') return numberToFloat16(change(float16ToNumber(Number(element))));
      return datatype === 'FP32' || datatype === 'FP64' ? change(Number(element)) : element;
    });
    return withElements(rows[0]?.[position], { name, shape }, elements);
  });
}

function withElements(
  like: Tensor | undefined,
  { name, shape }: Pick<Tensor, 'name' | 'shape'>,
  elements: readonly unknown[],
): Tensor {
  const data =
    like === undefined || like.datatype === 'BYTES'
      ? elements
      : Object.assign(like.data.slice(), elements);
  // Elements of a tensor of the same datatype.
  return { name, datatype: like?.datatype ?? 'BYTES', shape, data } as Tensor;
}

/** The request with some of its floating-point elements missing; undefined when it has none. */
function withMissing(request: Request, random: RandomSource): Request | undefined {
  const tensors = request.map((tensor): Tensor => {
    if (tensor.datatype !== 'FP32' && tensor.datatype !== 'FP64') return tensor;
    const data: Float32Array | Float64Array = tensor.data.slice();
    const at = Math.floor(random() * data.length);
    if (data.length > 0) data[at] = NaN;
    return { ...tensor, data } as Tensor;
  });
  const hasMissing = tensors.some(({ data }, index) => data !== request[index]?.data);
  return hasMissing ? tensors : undefined;
}

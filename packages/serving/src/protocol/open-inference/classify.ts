import { float16ToNumber, SignatureError, type Tensor, type TensorSpec } from '@fairlead/signature';
import { badRequest } from '../json-body.ts';

/** Elements of one output, of all its rows together: each becomes a text, and they are made in one go. */
const MAX_ELEMENTS = 16_384;

type Numbers = Exclude<Tensor['data'], readonly Uint8Array[]>;

/**
 * The `count` largest elements of each row of a tensor, as `BYTES` of `"value:index"`, or `"value:index:label"` where the
 * signature names the features of the output. Largest first; of equal ones the first; NaN last.
 *
 * Source: https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 *
 * @throws SignatureError `ERR_SIGNATURE_MISMATCH` for an output of `BYTES`, which has no order; ServingError
 * `ERR_SERVING_BAD_REQUEST` when that are more than 16384 elements.
 */
export function classify(tensor: Tensor, count: number, spec: TensorSpec | undefined): Tensor {
  const { name, shape } = tensor;
  if (tensor.datatype === 'BYTES') {
    const message = `output "${name}" is of BYTES; only numbers can be classified`;
    throw new SignatureError('ERR_SIGNATURE_MISMATCH', message);
  }
  const data: Numbers =
    tensor.datatype === 'FP16' ? Float32Array.from(tensor.data, float16ToNumber) : tensor.data;
  // The first dimension is the batch where it varies; all others together are the classes.
  const batched = spec?.shape[0] === -1;
  const rows = batched ? (shape[0] ?? 1) : 1;
  const classes = rows === 0 ? 0 : data.length / rows;
  const selected = Math.min(count, classes);
  if (rows * selected > MAX_ELEMENTS) {
    throw badRequest(
      `"classification" of "${name}" requests ${rows * selected} elements of its ${rows} rows; request at most ${MAX_ELEMENTS}, or the output itself`,
    );
  }
  const labels = spec?.features?.length === classes ? spec.features : undefined;
  const encoder = new TextEncoder();
  const texts: Uint8Array[] = [];
  // A row of nothing can be one of a great many.
  for (let row = 0; selected > 0 && row < rows; row++) {
    const values = data.subarray(row * classes, (row + 1) * classes);
    for (const index of largest(values, selected)) {
      const label = labels?.[index]?.name;
      const text = `${values[index] ?? 0}:${index}`;
      texts.push(encoder.encode(label === undefined ? text : `${text}:${label}`));
    }
  }
  return { name, datatype: 'BYTES', shape: batched ? [rows, selected] : [selected], data: texts };
}

/** Indexes of the `count` largest, in their order. */
function largest(values: Numbers, count: number): readonly number[] {
  return candidates(values, count)
    .sort((a, b) => descending(values[a] ?? 0, values[b] ?? 0))
    .slice(0, count);
}

/** Indexes of the candidates for the `count` largest, so that only few are compared with each other. */
function candidates(values: Numbers, count: number): number[] {
  const places: number[] = [];
  if (count < values.length) {
    // A typed array sorts several times as fast as with a comparison function: the smallest first, NaN last.
    const sorted = values.slice().sort();
    let numbers = sorted.length;
    while (numbers > 0 && Number.isNaN(sorted[numbers - 1])) numbers -= 1;
    const smallest = sorted[numbers - count];
    if (smallest !== undefined) {
      let equal = 0;
      for (let index = 0; index < values.length; index++) {
        const value = values[index] ?? 0;
        if (value > smallest) places.push(index);
        else if (value === smallest && equal < count) {
          equal += 1;
          places.push(index);
        }
      }
      return places;
    }
  }
  for (let index = 0; index < values.length; index++) places.push(index);
  return places;
}

function descending(a: number | bigint, b: number | bigint): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a > b ? -1 : 1;
}

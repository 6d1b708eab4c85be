import { float16ToNumber, SignatureError, type Tensor, type TensorSpec } from '@fairlead/signature';
import { badRequest } from '../json-body.ts';

/** Elements of one output, of all its rows together: each becomes a text, and they are made in one go. */
const MOST_ELEMENTS = 16_384;

type Numbers = Exclude<Tensor['data'], readonly Uint8Array[]>;

/**
 * The `count` greatest elements of each row of a tensor, as `BYTES` of `"value:index"`, or `"value:index:label"` where the
 * signature names the features of the output. Greatest first; of equal ones the first; NaN last.
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
  const kept = Math.min(count, classes);
  if (rows * kept > MOST_ELEMENTS) {
    throw badRequest(
      `"classification" of "${name}" asks for ${rows * kept} elements of its ${rows} rows; ask for at most ${MOST_ELEMENTS}, or for the output itself`,
    );
  }
  const labels = spec?.features?.length === classes ? spec.features : undefined;
  const encoder = new TextEncoder();
  const texts: Uint8Array[] = [];
  // A row of nothing can be one of a great many.
  for (let row = 0; kept > 0 && row < rows; row++) {
    const values = data.subarray(row * classes, (row + 1) * classes);
    for (const index of greatest(values, kept)) {
      const label = labels?.[index]?.name;
      const told = `${values[index] ?? 0}:${index}`;
      texts.push(encoder.encode(label === undefined ? told : `${told}:${label}`));
    }
  }
  return { name, datatype: 'BYTES', shape: batched ? [rows, kept] : [kept], data: texts };
}

/** Where the `count` greatest are, in their order. */
function greatest(values: Numbers, count: number): readonly number[] {
  return candidates(values, count)
    .sort((a, b) => descending(values[a] ?? 0, values[b] ?? 0))
    .slice(0, count);
}

/** Where those are that may be among the `count` greatest: of few, only few need be compared with each other. */
function candidates(values: Numbers, count: number): number[] {
  const places: number[] = [];
  if (count < values.length) {
    // An array of its own kind sorts itself several times as fast as any comparison of ours: the least first, NaN last.
    const sorted = values.slice().sort();
    let numbers = sorted.length;
    while (numbers > 0 && Number.isNaN(sorted[numbers - 1])) numbers -= 1;
    const least = sorted[numbers - count];
    if (least !== undefined) {
      let equal = 0;
      for (let index = 0; index < values.length; index++) {
        const value = values[index] ?? 0;
        if (value > least) places.push(index);
        else if (value === least && equal < count) {
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

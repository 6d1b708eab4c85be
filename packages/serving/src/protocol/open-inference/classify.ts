import { float16ToNumber, SignatureError, type Tensor, type TensorSpec } from '@fairlead/signature';

/**
 * The `count` greatest elements of each row of a tensor, as `BYTES` of `"value:index"`, or `"value:index:label"` where the
 * signature names the features of the output. Greatest first; of equal ones the first; NaN last.
 *
 * Source: https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 *
 * @throws SignatureError `ERR_SIGNATURE_MISMATCH` for an output of `BYTES`, which has no order.
 */
export function classify(tensor: Tensor, count: number, spec: TensorSpec | undefined): Tensor {
  const { name, shape } = tensor;
  if (tensor.datatype === 'BYTES') {
    const message = `output "${name}" is of BYTES; only numbers can be classified`;
    throw new SignatureError('ERR_SIGNATURE_MISMATCH', message);
  }
  const { datatype, data } = tensor;
  const valueAt = (index: number): number | bigint =>
    datatype === 'FP16' ? float16ToNumber(Number(data[index])) : (data[index] ?? 0);
  // The first dimension is the batch where it varies; all others together are the classes.
  const batched = spec?.shape[0] === -1;
  const rows = batched ? (shape[0] ?? 1) : 1;
  const classes = rows === 0 ? 0 : data.length / rows;
  const kept = Math.min(count, classes);
  const labels = spec?.features?.length === classes ? spec.features : undefined;
  const encoder = new TextEncoder();
  const texts: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    const order = Array.from({ length: classes }, (_, index) => index).sort((a, b) =>
      descending(valueAt(row * classes + a), valueAt(row * classes + b)),
    );
    for (const index of order.slice(0, kept)) {
      const label = labels?.[index]?.name;
      const told = `${valueAt(row * classes + index)}:${index}`;
      texts.push(encoder.encode(label === undefined ? told : `${told}:${label}`));
    }
  }
  return { name, datatype: 'BYTES', shape: batched ? [rows, kept] : [kept], data: texts };
}

function descending(a: number | bigint, b: number | bigint): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a > b ? -1 : 1;
}

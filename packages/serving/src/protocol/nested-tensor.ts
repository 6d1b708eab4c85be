import { decodeTensor, encodeTensorData, type Tensor, type TensorSpec } from '@fairlead/signature';

/**
 * Makes a tensor of nested lists, whose shape is theirs.
 *
 * @throws SignatureError for ragged lists, and elements that aren't of the spec's datatype.
 */
export function tensorOfNested({ name, datatype }: TensorSpec, value: unknown): Tensor {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = (inner as readonly unknown[])[0])
    shape.push(inner.length);
  return decodeTensor({ name, datatype, shape, data: shape.length === 0 ? [value] : value });
}

/** JSON texts of a tensor's elements, in their order. */
export type ElementTexts = (tensor: Tensor) => readonly string[];

/** JSON text of a tensor as nested lists. */
export function encodeNested(tensor: Tensor, texts: ElementTexts = elementTexts): string {
  return nest(texts(tensor), tensor.shape);
}

/** JSON texts of a tensor's rows: the nested lists along its first dimension. */
function encodeRows(tensor: Tensor, textsOf: ElementTexts): readonly string[] {
  const [rows = 1, ...rest] = tensor.shape;
  const texts = textsOf(tensor);
  const perRow = texts.length / Math.max(1, rows);
  return Array.from({ length: rows }, (_, row) =>
    nest(texts.slice(row * perRow, (row + 1) * perRow), rest),
  );
}

/** JSON text of several tensors as a list of objects, one for each row: `[{"label":1,"scores":[…]},…]`. */
export function encodeRecords(
  tensors: readonly Tensor[],
  texts: ElementTexts = elementTexts,
): string {
  const columns = tensors.map((tensor) => ({
    key: JSON.stringify(tensor.name),
    rows: encodeRows(tensor, texts),
  }));
  const records = (columns[0]?.rows ?? []).map(
    (_, row) => `{${columns.map(({ key, rows }) => `${key}:${rows[row] ?? 'null'}`).join(',')}}`,
  );
  return `[${records.join(',')}]`;
}

/** JSON text of several tensors as an object of nested lists. */
export function encodeColumns(
  tensors: readonly Tensor[],
  texts: ElementTexts = elementTexts,
): string {
  const columns = tensors.map(
    (tensor) => `${JSON.stringify(tensor.name)}:${encodeNested(tensor, texts)}`,
  );
  return `{${columns.join(',')}}`;
}

/** Elements as the Open Inference Protocol has them. */
export function elementTexts(tensor: Tensor): readonly string[] {
  const text = encodeTensorData(tensor);
  if (tensor.datatype === 'BYTES')
    return (JSON.parse(text) as string[]).map((each) => JSON.stringify(each));
  return tensor.data.length === 0 ? [] : text.slice(1, -1).split(',');
}

function nest(texts: readonly string[], shape: readonly number[]): string {
  const [length, ...rest] = shape;
  if (length === undefined) return texts[0] ?? 'null';
  if (rest.length === 0) return `[${texts.join(',')}]`;
  const each = texts.length / Math.max(1, length);
  const parts = Array.from({ length }, (_, index) =>
    nest(texts.slice(index * each, (index + 1) * each), rest),
  );
  return `[${parts.join(',')}]`;
}

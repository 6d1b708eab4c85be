import { decodeTensor, encodeTensorData, type Tensor, type TensorSpec } from '@fairlead/signature';

/**
 * Creates a tensor of nested lists, whose shape is theirs; behind an empty list the shape is the spec's.
 *
 * @throws SignatureError for ragged lists, and elements that aren't of the spec's datatype.
 */
export function tensorOfNested(spec: TensorSpec, value: unknown): Tensor {
  const { name, datatype } = spec;
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = (inner as readonly unknown[])[0])
    shape.push(inner.length);
  if (shape.at(-1) === 0) {
    const rest = spec.shape.slice(shape.length).map((length) => Math.max(0, length));
    return decodeTensor({ name, datatype, shape: [...shape, ...rest], data: [] });
  }
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

/**
 * JSON text of several tensors as a list of objects, one for each row: `[{"label":1,"scores":[…]},…]`; each has as many
 * rows, see `checkRows`.
 */
export function encodeRecords(
  tensors: readonly Tensor[],
  texts: ElementTexts = elementTexts,
): string {
  const columns = tensors.map((tensor) => ({
    key: JSON.stringify(tensor.name),
    rows: encodeRows(tensor, texts),
  }));
  const records = (columns[0]?.rows ?? []).map(
    (_, row) => `{${columns.map(({ key, rows }) => `${key}:${rows[row] ?? ''}`).join(',')}}`,
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

/** The lists of `shape` around texts; those brackets are put where they belong, and all is joined once. */
function nest(texts: readonly string[], shape: readonly number[]): string {
  if (shape.length === 0) return texts[0] ?? 'null';
  if (texts.length === 0) return nestNothing(shape);
  const parts = [...texts];
  let size = 1;
  // From the innermost lists outwards.
  for (const length of shape.toReversed()) {
    size *= length;
    for (let start = 0; start < parts.length; start += size) {
      const end = start + size - 1;
      parts[start] = `[${parts[start] ?? ''}`;
      parts[end] = `${parts[end] ?? ''}]`;
    }
  }
  return parts.join(',');
}

/** Lists as far as the dimension that has none. */
function nestNothing([length = 0, ...rest]: readonly number[]): string {
  return length === 0 ? '[]' : `[${Array.from({ length }, () => nestNothing(rest)).join(',')}]`;
}

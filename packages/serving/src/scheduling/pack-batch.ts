import { datatypes, elementCount, type Datatype, type Tensor } from '@fairlead/signature';

/**
 * Joins the inputs of several requests along their first dimension, in order.
 *
 * All requests name the same inputs, whose other dimensions agree; the order of the inputs is the first request's.
 */
export function packBatch(requests: readonly (readonly Tensor[])[]): readonly Tensor[] {
  const [first = []] = requests;
  return first.map(({ name, datatype, shape }, position) => {
    const parts = requests.map((inputs) => {
      const same = inputs[position];
      return same?.name === name ? same : inputs.find((input) => input.name === name);
    });
    let rows = 0;
    for (const part of parts) rows += part?.shape[0] ?? 0;
    const joined = [rows, ...shape.slice(1)];
    if (datatype === 'BYTES') {
      const data = parts.flatMap((part) => (part?.datatype === 'BYTES' ? part.data : []));
      return { name, datatype, shape: joined, data };
    }
    const data = allocate(datatype, elementCount(joined)) as Uint8Array;
    let offset = 0;
    for (const part of parts) {
      if (part === undefined) continue;
      data.set(part.data as Uint8Array, offset);
      offset += part.data.length;
    }
    // The storage is of the datatype's own kind, and so is that of each part.
    return { name, datatype, shape: joined, data } as Tensor;
  });
}

/** Larger storage isn't filled with zeros first: it is written to as a whole. */
const MIN_UNFILLED_BYTES = 16 * 1024;

function allocate(datatype: Exclude<Datatype, 'BYTES'>, length: number): Tensor['data'] {
  const { elementBytes, allocate: allocateZeroed, view } = datatypes[datatype];
  const bytes = length * (elementBytes ?? 0);
  if (view === undefined || bytes < MIN_UNFILLED_BYTES) return allocateZeroed(length);
  return view(Buffer.allocUnsafeSlow(bytes).buffer, 0, length);
}

/**
 * Parts the outputs of a batch into those of its requests, by their numbers of rows; the storage is shared.
 *
 * @returns undefined when an output hasn't one row for each row of the batch, so that rows can't be assigned to requests.
 */
export function splitBatch(
  outputs: readonly Tensor[],
  rows: readonly number[],
): readonly (readonly Tensor[])[] | undefined {
  const total = rows.reduce((sum, each) => sum + each, 0);
  if (outputs.some(({ shape }) => shape[0] !== total)) return undefined;
  let start = 0;
  return rows.map((count) => {
    const part = outputs.map((output) => sliceRows(output, start, count));
    start += count;
    return part;
  });
}

function sliceRows(tensor: Tensor, start: number, count: number): Tensor {
  const { name, datatype } = tensor;
  const shape = [count, ...tensor.shape.slice(1)];
  const perRow = elementCount(tensor.shape.slice(1));
  const [from, to] = [start * perRow, (start + count) * perRow];
  const data = datatype === 'BYTES' ? tensor.data.slice(from, to) : tensor.data.subarray(from, to);
  // A part of the storage of the same datatype.
  return { name, datatype, shape, data } as Tensor;
}

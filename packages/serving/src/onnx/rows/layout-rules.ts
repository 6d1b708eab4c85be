import { fromStart, type NodeView, type Rule } from './node-view.ts';
import { broadcast } from './elementwise-rules.ts';
import {
  axisOf,
  integersOf,
  mixes,
  rowsOf,
  unclear,
  type Length,
  type RowValue,
  type Shape,
} from './row-value.ts';

const END = 2 ** 31 - 1;

/** Operators that rearrange elements, and those that compute shapes. */
export const layoutRules: Readonly<Record<string, Rule>> = {
  Constant(node) {
    const tensor = node.attribute('value')?.tensor;
    if (tensor !== undefined) {
      return { kind: 'fixed', shape: tensor.shape, elements: tensor.integers };
    }
    const list = node.integers('value_ints');
    if (list !== undefined) return { kind: 'fixed', shape: [list.length], elements: list };
    if (node.has('value_int'))
      return { kind: 'fixed', shape: [], elements: [node.integer('value_int', 0)] };
    return { kind: 'fixed', shape: node.has('value_float') ? [] : undefined };
  },
  Shape(node) {
    const shape = shapeOf(node.inputs[0]);
    const start = node.integer('start', 0);
    const elements = shape.slice(start, node.has('end') ? node.integer('end', 0) : undefined);
    return integersOf(elements, [elements.length]);
  },
  Size: () => ({ kind: 'count' }),
  Range: () => mixes('numbers the rows'),
  ConstantOfShape: (node) => rowsOf(node.elements(0) ?? unclear()),
  Transpose(node) {
    const { shape } = node.rows(0);
    const order = node.integers('perm') ?? shape.map((_, axis) => shape.length - 1 - axis);
    return rowsOf(order.map((axis) => shape[axis]));
  },
  Reshape: reshape,
  Flatten(node) {
    const rows = node.rows(0);
    const axis = fromStart(node.integer('axis', 1), rows.shape.length);
    if (axisOf(rows) !== 0 || axis === 0) return unclear('flattens the rows');
    if (!rows.shape.slice(1, axis).every((length) => length === 1))
      return unclear('flattens the rows');
    return rowsOf(['rows', product(rows.shape.slice(axis))]);
  },
  Unsqueeze(node) {
    const [value] = node.inputs;
    const shape = value?.kind === 'count' ? (value.shape ?? unclear()) : node.rows(0).shape;
    const raw = node.integers('axes') ?? node.numbers(1) ?? unclear();
    const rank = shape.length + raw.length;
    const axes = raw.map((axis) => fromStart(axis, rank));
    const rest = [...shape];
    const whole = Array.from({ length: rank }, (_, axis) =>
      axes.includes(axis) ? 1 : rest.shift(),
    );
    return value?.kind === 'count' ? { ...value, shape: whole } : rowsOf(whole);
  },
  Squeeze(node) {
    const [value] = node.inputs;
    const shape = value?.kind === 'count' ? (value.shape ?? unclear()) : node.rows(0).shape;
    const axes = node.axes(shape.length, 1) ?? unclear('removes each axis that is 1 long');
    const rest = shape.filter((_, axis) => !axes.includes(axis));
    return value?.kind === 'count' ? { ...value, shape: rest } : rowsOf(rest);
  },
  Expand(node) {
    const [value] = node.inputs;
    const target = node.elements(1) ?? unclear();
    if (value?.kind === 'rows') return rowsOf(broadcast([value.shape, target]));
    return rowsOf(broadcast([shapeOf(value), target]));
  },
  Tile(node) {
    const rows = node.rows(0);
    const repeats = node.numbers(1) ?? unclear();
    if (repeats[axisOf(rows)] !== 1) return unclear('repeats the rows');
    return rowsOf(rows.shape.map((length, axis) => (repeats[axis] === 1 ? length : undefined)));
  },
  Pad(node) {
    const rows = node.rows(0);
    const pads = node.integers('pads') ?? node.numbers(1) ?? unclear();
    node.requireFixed(1);
    if (node.inputs[3] !== undefined || pads.length !== 2 * rows.shape.length) return unclear();
    const axis = axisOf(rows);
    if (pads[axis] !== 0 || pads[axis + rows.shape.length] !== 0) return unclear('adds rows');
    return rowsOf(others(rows.shape));
  },
  Concat(node) {
    const lists = node.inputs.map((value) =>
      value?.kind === 'fixed' || value?.kind === 'count' ? value.elements : undefined,
    );
    const elements = lists.flatMap((list) => list ?? []);
    if (lists.every((list) => list !== undefined)) {
      if (node.integer('axis', 1) !== 0) return unclear();
      const isList = node.inputs.every((value) => isListOf(value));
      return integersOf(elements, isList ? [elements.length] : undefined);
    }
    const all = node.inputs.map((_, position) => node.rows(position));
    const [first] = all;
    if (first === undefined) return unclear();
    const axis = fromStart(node.integer('axis', 1), first.shape.length);
    if (all.some((rows) => axisOf(rows) !== axisOf(first))) return unclear();
    if (axisOf(first) === axis) return unclear('joins tensors along their rows');
    return rowsOf(first.shape.map((length, at) => (at === axis ? undefined : length)));
  },
  Split(node) {
    node.requireFixed(1);
    const rows = node.rows(0);
    const axis = fromStart(node.integer('axis', 0), rows.shape.length);
    if (axis === axisOf(rows)) return mixes('splits the rows among its outputs');
    return rowsOf(rows.shape.map((length, at) => (at === axis ? undefined : length)));
  },
  Slice: slice,
  Gather: gather,
  GatherElements(node) {
    const data = node.rows(0);
    const indices = node.rows(1);
    const axis = fromStart(node.integer('axis', 0), data.shape.length);
    if (axis === axisOf(data)) return mixes('takes elements of other rows');
    return axisOf(indices) === axisOf(data) ? indices : unclear();
  },
  DepthToSpace: imageOnly,
  SpaceToDepth: imageOnly,
  Trilu(node) {
    node.requireFixed(1);
    const rows = node.rows(0);
    return axisOf(rows) < rows.shape.length - 2 ? rows : mixes('cuts rows by their numbers');
  },
};

function imageOnly(node: NodeView): RowValue {
  const rows = node.rows(0);
  return axisOf(rows) === 0 ? rowsOf(others(rows.shape)) : unclear();
}

/** Returns whether it is known to have one axis: its elements are numbered by their places in it. */
export function isListOf(value: RowValue | undefined): boolean {
  return (value?.kind === 'fixed' || value?.kind === 'count') && value.shape?.length === 1;
}

function shapeOf(value: RowValue | undefined): Shape {
  if (value?.kind === 'rows') return value.shape;
  if (value?.kind === 'fixed' && value.shape !== undefined) return value.shape;
  return unclear('has an operand of unknown shape');
}

/** The same with all lengths but the rows' unknown. */
export function others(shape: Shape): Shape {
  return shape.map((length) => (length === 'rows' ? length : undefined));
}

function product(lengths: Shape): Length {
  let result = 1;
  for (const length of lengths) {
    if (typeof length !== 'number') return undefined;
    result *= length;
  }
  return result;
}

/** The rows stay what they are where everything up to their axis does; behind it, elements of one row move about in it. */
function reshape(node: NodeView): RowValue {
  const rows = node.rows(0);
  const axis = axisOf(rows);
  const copies = node.integer('allowzero', 0) === 0;
  const target = (node.elements(1) ?? unclear()).map((length, at) =>
    length === 0 && copies ? rows.shape[at] : length,
  );
  const inner = product(rows.shape.slice(axis + 1));
  const innerTarget = product(target.slice(axis + 1));
  if (target[axis] === -1 && inner !== undefined && inner === innerTarget) target[axis] = 'rows';
  const keeps = rows.shape
    .slice(0, axis + 1)
    .every((length, at) => length !== undefined && length === target[at]);
  if (!keeps) return unclear('reshapes across rows');
  return rowsOf(target.map((length) => (length === -1 ? undefined : length)));
}

function slice(node: NodeView): RowValue {
  const [value] = node.inputs;
  const starts = node.integers('starts') ?? node.numbers(1) ?? unclear();
  const ends = node.integers('ends') ?? node.elements(2) ?? unclear();
  const steps = node.numbers(4) ?? starts.map(() => 1);
  if (value?.kind === 'count') {
    const elements = (isListOf(value) ? value.elements : undefined) ?? unclear();
    const [start = 0, end, step] = [starts[0], ends[0], steps[0]];
    if (typeof end !== 'number' || step !== 1) return unclear();
    const part = elements.slice(start, end);
    return integersOf(part, [part.length]);
  }
  const rows = node.rows(0);
  const axes = node.axes(rows.shape.length, 3) ?? starts.map((_, axis) => axis);
  const at = axes.indexOf(axisOf(rows));
  const end = ends[at];
  if (ends.some((each, index) => each === 'rows' && index !== at)) return unclear();
  const takesAll =
    at === -1 ||
    (starts[at] === 0 &&
      steps[at] === 1 &&
      (end === 'rows' || (typeof end === 'number' && end >= END)));
  if (!takesAll) return mixes('takes rows by their numbers');
  return rowsOf(
    rows.shape.map((length, axis) =>
      length === 'rows' || !axes.includes(axis) ? length : undefined,
    ),
  );
}

function gather(node: NodeView): RowValue {
  const [data, indices] = node.inputs;
  if (data?.kind === 'count') {
    const elements = (isListOf(data) ? data.elements : undefined) ?? unclear();
    const at = node.numbers(1) ?? unclear();
    const chosen = at.map((index) => elements[fromStart(index, elements.length)]);
    return integersOf(chosen, shapeOf(indices));
  }
  const dataShape = shapeOf(data);
  const axis = fromStart(node.integer('axis', 0), dataShape.length);
  if (data?.kind === 'rows' && indices?.kind === 'rows') return unclear();
  if (dataShape[axis] === 'rows') return mixes('takes rows by their numbers');
  return rowsOf([...dataShape.slice(0, axis), ...shapeOf(indices), ...dataShape.slice(axis + 1)]);
}

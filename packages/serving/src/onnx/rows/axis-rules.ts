import { broadcast } from './elementwise-rules.ts';
import { fromStart, type NodeView, type Rule } from './node-view.ts';
import { axisOf, mixes, rowsOf, unclear, type RowValue } from './row-value.ts';

/** Reductions: along every other axis, each row stays apart. */
const reduction: Rule = (node) => {
  const rows = node.rows(0);
  const rank = rows.shape.length;
  const axes = node.axes(rank, 1);
  const isAll = axes === undefined || axes.length === 0;
  if (isAll && node.integer('noop_with_empty_axes', 0) === 1) return rows;
  if (isAll || axes.includes(axisOf(rows))) return mixes('reduces along the rows');
  return keepOrDrop(node, axes);
};

function keepOrDrop(node: NodeView, axes: readonly number[]): RowValue {
  const { shape } = node.rows(0);
  if (node.integer('keepdims', 1) === 1) {
    return rowsOf(shape.map((length, axis) => (axes.includes(axis) ? 1 : length)));
  }
  return rowsOf(shape.filter((_, axis) => !axes.includes(axis)));
}

const extremum: Rule = (node) => {
  const rows = node.rows(0);
  const axis = fromStart(node.integer('axis', 0), rows.shape.length);
  return axis === axisOf(rows) ? mixes('looks for the largest row') : keepOrDrop(node, [axis]);
};

/** Operator along one axis, or along that and all behind it. */
function along(otherwise: number, isToTheEnd: (node: NodeView) => boolean): Rule {
  return (node) => {
    const rows = node.rows(0);
    const axis = fromStart(node.integer('axis', otherwise), rows.shape.length);
    const at = axisOf(rows);
    if (at === axis || (isToTheEnd(node) && at > axis)) return mixes('is computed along the rows');
    return rows;
  };
}

const softmax: Rule = (node) =>
  // Before version 13 it flattened all axes from the given one on.
  along(node.opset < 13 ? 1 : -1, ({ opset }) => opset < 13)(node);

const layerNormalization: Rule = (node) => {
  node.requireFixed(1);
  const rows = along(-1, () => true)(node);
  // A scale or bias may have one element for each place along any axis.
  for (const [position, value] of node.inputs.entries()) {
    if (position > 0 && value !== undefined) broadcast([node.rows(0).shape, node.shape(position)]);
  }
  return node.outputCount === 1 ? rows : unclear();
};

/** Over the axes of one image, its channels apart or together. */
const imageNormalization: Rule = (node) => {
  node.requireFixed(1);
  const rows = node.rows(0);
  return axisOf(rows) === 0 ? rows : mixes('normalizes along the rows');
};

/** Operators that compute along an axis. */
export const axisRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare'
      .split(' ')
      .map((name) => [name, reduction]),
  ),
  ArgMax: extremum,
  ArgMin: extremum,
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  LpNormalization: along(-1, () => false),
  LayerNormalization: layerNormalization,
  RMSNormalization: layerNormalization,
  SimplifiedLayerNormalization: layerNormalization,
  InstanceNormalization: imageNormalization,
  GroupNormalization: imageNormalization,
  LRN: imageNormalization,
  MeanVarianceNormalization(node) {
    const rows = node.rows(0);
    const axes = node.has('axes') ? (node.integers('axes') ?? unclear()) : [0, 2, 3];
    return axes.map((axis) => fromStart(axis, rows.shape.length)).includes(axisOf(rows))
      ? mixes('normalizes along the rows')
      : rows;
  },
  BatchNormalization(node) {
    const isTraining = node.integer('training_mode', 0) !== 0 || node.outputCount > 1;
    if (isTraining) return mixes('normalizes by the mean of all rows, as in training');
    return imageNormalization(node);
  },
  CumSum(node) {
    const rows = node.rows(0);
    const [axis = 0] = node.numbers(1) ?? unclear();
    return fromStart(axis, rows.shape.length) === axisOf(rows)
      ? mixes('sums along the rows')
      : rows;
  },
  TopK(node) {
    const rows = node.rows(0);
    const axis = fromStart(node.integer('axis', -1), rows.shape.length);
    if (axis === axisOf(rows)) return mixes('sorts the rows');
    node.requireFixed(1);
    return rowsOf(rows.shape.map((length, at) => (at === axis ? undefined : length)));
  },
  OneHot(node) {
    node.requireFixed(1);
    const { shape } = node.rows(0);
    const axis = fromStart(node.integer('axis', -1), shape.length + 1);
    return rowsOf([...shape.slice(0, axis), undefined, ...shape.slice(axis)]);
  },
};

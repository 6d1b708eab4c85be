import { broadcast } from './elementwise-rules.ts';
import { others } from './layout-rules.ts';
import type { NodeView, Rule } from './node-view.ts';
import { axisOf, mixes, rowsOf, unclear, type RowValue, type Shape } from './row-value.ts';

const MIXED = 'multiplies rows with each other';

/** A matrix product: `left` and `right` are the positions of its operands among the inputs. */
function product(left: number, right: number, weightSettings: readonly number[] = []): Rule {
  return (node) => {
    const [a, b] = [node.shape(left), node.shape(right)];
    if (a.length < 2 || b.length < 2) return unclear('multiplies vectors');
    node.inputs.forEach((value, at) => {
      if (at === left || at === right || value === undefined) return;
      if (value.kind !== 'fixed') unclear();
      // Columns of weights may have a scale each.
      const isOfWeights = node.inputs[right]?.kind === 'fixed' && weightSettings.includes(at);
      if (!isOfWeights && !node.shape(at).every((length) => length === 1)) unclear();
    });
    if (a.at(-1) === 'rows' || b.at(-2) === 'rows') return mixes('sums over the rows');
    if (a.at(-2) === 'rows' && b.includes('rows')) return mixes(MIXED);
    if (b.at(-1) === 'rows' && a.includes('rows')) return mixes(MIXED);
    return rowsOf([...broadcast([a.slice(0, -2), b.slice(0, -2)]), a.at(-2), b.at(-1)]);
  };
}

function gemm(node: NodeView): RowValue {
  const turned = (shape: Shape, isTurned: number): Shape =>
    isTurned === 0 ? shape : shape.toReversed();
  const a = turned(node.shape(0), node.integer('transA', 0));
  const b = turned(node.shape(1), node.integer('transB', 0));
  if (a.length !== 2 || b.length !== 2) return unclear();
  if (a[1] === 'rows' || b[0] === 'rows') return mixes('sums over the rows');
  if (a[0] === 'rows' && b[1] === 'rows') return mixes(MIXED);
  const shape: Shape = [a[0], b[1]];
  return rowsOf(node.inputs[2] === undefined ? shape : broadcast([shape, node.shape(2)]));
}

/** Convolutions: what lies side by side along an image's axes is computed with each other. */
function convolution(weights: number): Rule {
  return (node) => {
    node.requireFixed(weights);
    const rows = node.rows(0);
    const axis = axisOf(rows);
    if (axis > 1) return mixes('computes neighboring rows together');
    if (axis === 1) return mixes('sums over the rows as channels');
    return rowsOf(others(rows.shape));
  };
}

/** Pools compute each channel by itself. */
const pool: Rule = (node) => {
  const rows = node.rows(0);
  if (axisOf(rows) > 1) return mixes('computes neighboring rows together');
  const pooled = rowsOf(others(rows.shape));
  // The second output numbers the elements of all rows.
  const reason = 'numbers elements through all rows';
  return node.opType === 'MaxPool' ? [pooled, { kind: 'mixed', reason }] : pooled;
};

/** Recurrent layers: states go from step to step, of which rows must not be one. */
const recurrent: Rule = (node) => {
  const isBatchFirst = node.integer('layout', 0) === 1;
  const rows = node.rows(0);
  const batchAxis = isBatchFirst ? 0 : 1;
  if (rows.shape.length !== 3) return unclear();
  if (axisOf(rows) !== batchAxis) return mixes('takes the rows for steps in time');
  for (const [position, value] of node.inputs.entries()) {
    if (position === 0 || value === undefined) continue;
    const isLengths = position === 4;
    const isState = position === 5 || position === 6;
    if (value.kind === 'rows') {
      const axis = isLengths ? 0 : batchAxis;
      if ((!isLengths && !isState) || axisOf(value) !== axis) return unclear();
    } else if (value.kind !== 'fixed' || isLengths || isState) return unclear();
  }
  const states = rowsOf(isBatchFirst ? ['rows', 1, undefined] : [1, 'rows', undefined]);
  const isBoth = node.text('direction') === 'bidirectional';
  const directions = isBoth ? 2 : 1;
  const steps = rows.shape[isBatchFirst ? 1 : 0];
  const all = rowsOf(
    isBatchFirst ? ['rows', steps, directions, undefined] : [steps, directions, 'rows', undefined],
  );
  const last = isBoth ? rowsOf(states.shape.map((length) => (length === 1 ? 2 : length))) : states;
  return [all, last];
};

/** Letters of the rows' axes must agree, and come through to the output. */
const einsum: Rule = (node) => {
  const [left, right] = (node.text('equation') ?? '').replaceAll(' ', '').split('->');
  if (left === undefined || right === undefined || left.includes('.')) return unclear();
  const terms = left.split(',');
  const letters = new Set<string>();
  node.inputs.forEach((value, position) => {
    const term = terms[position] ?? '';
    if (value?.kind === 'rows') {
      if (term.length !== value.shape.length) return unclear();
      const letter = term[axisOf(value)] ?? unclear();
      // A letter that is repeated stands for a diagonal.
      if (term.split(letter).length !== 2) unclear();
      letters.add(letter);
    } else if (value?.kind !== 'fixed') unclear();
  });
  const [letter = ''] = letters;
  if (letters.size > 1) return mixes(MIXED);
  if (!right.includes(letter)) return mixes('sums over the rows');
  node.inputs.forEach((value, position) => {
    if (value?.kind === 'fixed' && terms[position]?.includes(letter)) unclear();
  });
  return rowsOf(Array.from(right, (each) => (each === letter ? 'rows' : undefined)));
};

const quantizedByRows: Rule = () => mixes('takes its scale from all rows');

/** Products, convolutions, pools and recurrent layers. */
export const productRules: Readonly<Record<string, Rule>> = {
  MatMul: product(0, 1),
  MatMulInteger: product(0, 1, [3]),
  QLinearMatMul: product(0, 3, [4, 5]),
  Gemm: gemm,
  Einsum: einsum,
  Conv: convolution(1),
  ConvInteger: convolution(1),
  ConvTranspose: convolution(1),
  QLinearConv: convolution(1),
  AveragePool: pool,
  MaxPool: pool,
  LpPool: pool,
  GlobalAveragePool: pool,
  GlobalMaxPool: pool,
  GlobalLpPool: pool,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  DynamicQuantizeLinear: quantizedByRows,
  'com.microsoft:DynamicQuantizeMatMul': quantizedByRows,
  'com.microsoft:DynamicQuantizeLSTM': quantizedByRows,
};

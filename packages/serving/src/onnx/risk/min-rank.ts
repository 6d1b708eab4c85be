import { einsumOutputLabels } from './einsum-risk.ts';
import type { NodeFacts } from './output-facts.ts';

type Rule = (ranks: readonly number[], node: NodeFacts) => number;

const each = (text: string, rule: Rule): readonly (readonly [string, Rule])[] =>
  text.split(' ').map((name) => [name, rule]);
const ofFirst: Rule = ([first = 0]) => first;
const ofLongest: Rule = (ranks) => Math.max(0, ...ranks);
/** A reduction that doesn't keep the dimensions may leave none. */
const reduced: Rule = ([first = 0], { attribute }) => {
  const keepDims = attribute('keepdims');
  return keepDims === undefined || keepDims.integers?.[0] === 1 ? first : 0;
};
const axesOf = ({ attribute, inputs }: NodeFacts): number | undefined =>
  attribute('axes')?.integers?.length ?? inputs[1]?.length;

const rules: ReadonlyMap<string, Rule> = new Map([
  ...each(
    'Abs Acos Asin Atan BatchNormalization BitwiseNot Cast CastLike Ceil Celu Clip Conv ConvTranspose Cos CumSum DequantizeLinear Dropout Elu Erf Exp Floor Gelu GlobalAveragePool GlobalMaxPool AveragePool MaxPool GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu Log LogSoftmax LpNormalization Mish Neg Not PRelu Pad QuantizeLinear RMSNormalization Reciprocal Relu Resize Round ScatterElements ScatterND Selu Sigmoid Sign Sin Slice Softmax Softplus Softsign Split Sqrt Swish Tan Tanh ThresholdedRelu Tile TopK Trilu',
    ofFirst,
  ),
  ...each(
    'Add And Concat Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor',
    ofLongest,
  ),
  ...each('ArgMax ArgMin ReduceL1 ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd', reduced),
  ...each('ReduceSum ReduceLogSum ReduceLogSumExp ReduceSumSquare', reduced),
  ...each('Flatten Gemm', () => 2),
  ...each('Range Shape', () => 1),
  ...each('Expand', ([first = 0], { inputs }) => Math.max(first, inputs[1]?.length ?? 0)),
  ...each('Reshape', (_ranks, { inputs }) => inputs[1]?.length ?? 0),
  ...each('Transpose', ([first = 0], { attribute }) =>
    Math.max(first, attribute('perm')?.integers?.length ?? 0),
  ),
  ...each('Unsqueeze', ([first = 0], node) => first + (axesOf(node) ?? 0)),
  ...each('Squeeze', ([first = 0], node) => first - (axesOf(node) ?? first)),
  ...each('Gather', ([first = 0, positions = 0]) => first + positions - 1),
  ...each('OneHot', ([first = 0]) => first + 1),
  // A vector loses its dimension.
  ...each(
    'MatMul MatMulInteger',
    ([left = 0, right = 0]) => Math.max(left, right) - (Math.min(left, right) < 2 ? 1 : 0),
  ),
  ...each('Einsum', (_ranks, { attribute }) => einsumOutputLabels(attribute('equation')?.text)),
]);

/** Minimum number of dimensions of a node's first output; 0 if unknown. */
export function minRank(node: NodeFacts): number {
  const ranks = node.inputs.map((input) => input?.rank ?? 0);
  return Math.max(0, rules.get(node.operator)?.(ranks, node) ?? 0);
}

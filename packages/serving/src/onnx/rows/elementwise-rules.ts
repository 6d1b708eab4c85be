import { fromStart, type NodeView, type Rule } from './node-view.ts';
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

/** Numbers of datatypes in `TensorProto.DataType`. */
const INT32 = 6;
const INT64 = 7;

/** Each element by itself; further inputs are settings. */
const unary: Rule = (node) => {
  const [value] = node.inputs;
  node.requireFixed(1);
  if (value?.kind === 'count' && node.opType !== 'Identity') {
    const elements = node.opType === 'Cast' ? castElements(node, value.elements) : undefined;
    return { kind: 'count', shape: value.shape, elements };
  }
  return value ?? unclear();
};

/** Elements after a `Cast`; undefined where the target datatype may change them, as BOOL does. */
export function castElements(
  { attributes }: Pick<NodeView, 'attributes'>,
  elements: Shape | undefined,
): Shape | undefined {
  const target = attributes.get('to')?.integers?.[0];
  if (target === INT64) return elements;
  const fits = elements?.every((each) => typeof each !== 'number' || Math.abs(each) < 2 ** 31);
  return target === INT32 && fits === true ? elements : undefined;
}

/** Scales and zero points, which are one for the tensor, or one for each place along an axis. */
const quantization: Rule = (node) => {
  const value = unary(node);
  const rows = node.rows(0);
  const axis = fromStart(node.integer('axis', 1), rows.shape.length);
  if (axis === axisOf(rows) || node.integer('block_size', 0) !== 0) node.requireScalars(1);
  return value;
};

/** The bias is added along the last axis. */
const withBias: Rule = (node) => {
  const value = unary(node);
  if (node.inputs[1] !== undefined) broadcast([node.rows(0).shape, node.shape(1)]);
  return value;
};

/** Settings are given by column. */
const byColumn: Rule = (node) => {
  const rows = node.rows(0);
  return rows.shape.length === 2 && axisOf(rows) === 0 ? rows : unclear();
};

/** Elements of several tensors, which are broadcast. */
const broadcasting: Rule = (node) => {
  // Operators before version 7 aligned their operands by attributes.
  if (node.has('axis') || node.has('broadcast')) return unclear();
  const values = node.inputs.filter((value) => value !== undefined);
  const shapes: Shape[] = [];
  for (const value of values) {
    if (value.kind === 'count') {
      const isAlone = values.every(({ kind }) => kind !== 'rows');
      return isAlone ? calculate(node) : mixes('computes with the number of rows');
    }
    if (value.kind === 'rows') shapes.push(value.shape);
    if (value.kind === 'fixed')
      shapes.push(value.shape ?? unclear('has an operand of unknown shape'));
  }
  return rowsOf(broadcast(shapes));
};

/** The shape that tensors have together. */
export function broadcast(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis): Length => {
    const lengths = shapes
      .map((shape) => shape[axis - rank + shape.length])
      .filter((_length, index) => axis - rank + (shapes[index]?.length ?? 0) >= 0);
    if (!lengths.includes('rows')) {
      const known = lengths.find((length) => typeof length === 'number' && length !== 1);
      return known ?? (lengths.includes(undefined) ? undefined : 1);
    }
    const meetsAnother = shapes.some((shape) => {
      const at = axis - rank + shape.length;
      return shape.includes('rows') && at >= 0 && shape[at] !== 'rows';
    });
    if (meetsAnother) return mixes('combines each row with every other');
    return lengths.every((length) => length === 'rows' || length === 1)
      ? 'rows'
      : unclear('combines rows with a tensor that has several itself');
  });
}

/** Integers are followed, since shapes are computed with them. */
function calculate({ opType, inputs }: NodeView): RowValue {
  const [left, right] = inputs.map((value) =>
    value?.kind === 'fixed' || value?.kind === 'count' ? value.elements : undefined,
  );
  if (inputs.length === 2 && opType === 'Mul' && left?.length === 1 && right?.length === 1) {
    if (left[0] === 1) return integersOf(right, undefined);
    if (right[0] === 1) return integersOf(left, undefined);
  }
  return { kind: 'count' };
}

function rulesFor(names: string, rule: Rule): readonly (readonly [string, Rule])[] {
  return names.split(' ').map((name) => [name, rule] as const);
}

/** Operators that compute each element by itself. */
export const elementwiseRules: Readonly<Record<string, Rule>> = Object.fromEntries([
  ...rulesFor(
    'Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu',
    unary,
  ),
  ...rulesFor(
    'Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or PRelu Pow StringConcat Sub Sum Where Xor',
    broadcasting,
  ),
  ...rulesFor('DequantizeLinear QuantizeLinear', quantization),
  ...rulesFor('ai.onnx.ml:Binarizer ai.onnx.ml:LabelEncoder', unary),
  ...rulesFor('ai.onnx.ml:Imputer ai.onnx.ml:Scaler', byColumn),
  ...rulesFor('com.microsoft:FastGelu com.microsoft:QuickGelu', withBias),
  // The second input has the datatype alone.
  ...rulesFor('CastLike', (node) =>
    node.inputs[0]?.kind === 'count' ? { kind: 'count' } : node.rows(0),
  ),
  ...rulesFor('Dropout', (node) => {
    const [value, , training] = node.inputs;
    if (training !== undefined) return mixes('drops elements at random, as in training');
    return value ?? unclear();
  }),
]);

import type { NodeView, Rule } from './node-view.ts';
import {
  integersOf,
  mixes,
  rowsOf,
  unclear,
  type Length,
  type RowValue,
  type Shape,
} from './row-value.ts';

/** Each element by itself; further inputs are settings. */
const unary: Rule = (node) => {
  const [value] = node.inputs;
  node.requireFixed(1);
  if (value?.kind === 'count' && node.opType !== 'Cast' && node.opType !== 'Identity') {
    return { kind: 'count' };
  }
  return value ?? unclear();
};

/** Elements of several tensors, which are broadcast. */
const broadcasting: Rule = (node) => {
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
    if (!lengths.includes('rows')) return lengths.find((length) => length !== 1) ?? lengths[0];
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
    if (left[0] === 1) return integersOf(right, [1]);
    if (right[0] === 1) return integersOf(left, [1]);
  }
  return { kind: 'count' };
}

function rulesFor(names: string, rule: Rule): readonly (readonly [string, Rule])[] {
  return names.split(' ').map((name) => [name, rule] as const);
}

/** Operators that compute each element by itself. */
export const elementwiseRules: Readonly<Record<string, Rule>> = Object.fromEntries([
  ...rulesFor(
    'Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu DequantizeLinear QuantizeLinear',
    unary,
  ),
  ...rulesFor(
    'Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or PRelu Pow StringConcat Sub Sum Where Xor',
    broadcasting,
  ),
  ...rulesFor(
    'ai.onnx.ml:Binarizer ai.onnx.ml:Imputer ai.onnx.ml:LabelEncoder ai.onnx.ml:Scaler',
    unary,
  ),
  ...rulesFor('com.microsoft:FastGelu com.microsoft:QuickGelu', unary),
  // The second input has the datatype alone.
  ...rulesFor('CastLike', ({ inputs: [value] }) => value ?? unclear()),
  ...rulesFor('Dropout', (node) => {
    const [value, , training] = node.inputs;
    if (training !== undefined) return mixes('drops elements at random, as in training');
    return value ?? unclear();
  }),
]);

import type { OnnxAttribute } from '@fairlead/signature/onnx';
import { minRank } from './min-rank.ts';
import {
  BOOL,
  constantFacts,
  COUNT,
  FLOAT,
  INT32,
  INT64,
  NATURAL,
  NOT_MINIMUM,
  shared,
  tensorFacts,
  UINT8,
  UNKNOWN,
  type ValueFacts,
} from './value-facts.ts';

/** A node whose outputs are to be described. */
export interface NodeFacts {
  /** Name of the operator; with its domain and a colon before it unless that is ONNX's own. */
  readonly operator: string;
  /** `undefined` for one that is left out. */
  readonly inputs: readonly (ValueFacts | undefined)[];
  readonly attribute: (name: string) => OnnxAttribute | undefined;
}

type Rule = (node: NodeFacts) => readonly ValueFacts[];

const names = (text: string): readonly string[] => text.split(' ');
const each = (text: string, rule: Rule): readonly (readonly [string, Rule])[] =>
  names(text).map((name) => [name, rule]);
const always =
  (...outputs: readonly ValueFacts[]): Rule =>
  () =>
    outputs;
const counts: ValueFacts = { type: INT64, bits: COUNT };
const floats: ValueFacts = { type: FLOAT, bits: 0 };
const labels: ValueFacts = { type: INT64, bits: 0 };

/** The elements of some inputs, in another order or shape. */
const passing =
  (...positions: readonly number[]): Rule =>
  ({ inputs }) => {
    const values = positions.length === 0 ? inputs : positions.map((position) => inputs[position]);
    return [{ type: typeOf(values), bits: shared(values) }];
  };

/** Sums and products of counts are counts; of numbers far from the minimum they are far from it. */
function combined(values: readonly (ValueFacts | undefined)[]): readonly ValueFacts[] {
  const common = shared(values);
  return [{ type: typeOf(values), bits: common & NATURAL ? COUNT : common & NOT_MINIMUM }];
}

/** Types by an attribute, else by the default. */
const typed =
  (name: string, otherwise: number | undefined): Rule =>
  ({ attribute }) => {
    const type = attribute(name);
    return [{ type: type === undefined ? otherwise : type.integers?.[0], bits: 0 }];
  };

// Every operator of ONNX whose outputs can be INT32 or INT64 without its first input being so, and the reverse.
const rules: ReadonlyMap<string, Rule> = new Map([
  ...each('Shape Size NonZero ArgMax ArgMin NonMaxSuppression SequenceLength', always(counts)),
  ...each('TopK MaxPool', ({ inputs }) => [{ type: inputs[0]?.type, bits: 0 }, counts]),
  ...each('Unique', ({ inputs: [first] }) => [first ?? UNKNOWN, counts, counts, counts]),
  ...each('StringSplit', always(UNKNOWN, counts)),
  ...each(
    'Gather GatherElements GatherND Slice Squeeze Unsqueeze Reshape Identity Transpose Flatten Split Expand Tile',
    ({ inputs: [first] }) => [first ?? UNKNOWN],
  ),
  ...each('Concat Max Min', passing()),
  ...each('Range', ({ inputs }) => combined(inputs.slice(0, 2))),
  ...each('Where', passing(1, 2)),
  ...each('Add Mul Div', ({ inputs }) => combined(inputs)),
  ...each('ReduceProd ReduceSum', ({ inputs }) => combined(inputs.slice(0, 1))),
  ...each('Sub Neg', ({ inputs }) => [
    { type: typeOf(inputs), bits: shared(inputs) & NOT_MINIMUM },
  ]),
  ...each('Mod', ({ inputs, attribute }) => {
    // The result lies between 0 and the divisor; with `fmod` it has the sign of the dividend.
    const hasFmod = attribute('fmod')?.integers?.[0] === 1;
    const isNatural = !hasFmod && ((inputs[1]?.bits ?? 0) & NATURAL) !== 0;
    return [{ type: typeOf(inputs), bits: isNatural ? COUNT : NOT_MINIMUM }];
  }),
  ...each('Cast', ({ inputs: [first], attribute }) => {
    const type = attribute('to')?.integers?.[0];
    const isCount = first?.type === INT64 && (first.bits & NATURAL) !== 0;
    const keeps = type === INT64 ? first?.type === INT64 || first?.type === INT32 : type === INT32;
    return [{ type, bits: isCount && keeps ? first.bits : 0 }];
  }),
  ...each('CastLike', ({ inputs }) => [{ type: inputs[1]?.type, bits: 0 }]),
  ...each('OneHot', ({ inputs }) => [{ type: inputs[2]?.type, bits: inputs[2]?.bits ?? 0 }]),
  ...each('Constant', ({ attribute }) => [constantFacts(attribute)]),
  ...each('ConstantOfShape', ({ attribute }) => {
    const value = attribute('value');
    if (value?.reference !== undefined) return [UNKNOWN];
    return [value?.tensor === undefined ? { ...floats } : tensorFacts(value.tensor)];
  }),
  ...each('ConvInteger MatMulInteger', always({ type: INT32, bits: NOT_MINIMUM })),
  ...each('Bernoulli EyeLike RandomNormalLike RandomUniformLike', (node) => {
    return typed('dtype', node.inputs[0]?.type)(node);
  }),
  ...each(
    'BlackmanWindow HammingWindow HannWindow MelWeightMatrix',
    typed('output_datatype', FLOAT),
  ),
  ...each('RandomNormal RandomUniform', typed('dtype', FLOAT)),
  ...each('Multinomial', typed('dtype', INT32)),
  ...each('BitCast', typed('to', undefined)),
  ...each('DequantizeLinear', ({ inputs }) => [{ type: inputs[1]?.type ?? FLOAT, bits: 0 }]),
  ...each('QuantizeLinear', ({ inputs }) => [{ type: inputs[2]?.type ?? UINT8, bits: 0 }]),
  ...each(
    'DynamicQuantizeLinear',
    always({ type: UINT8, bits: 0 }, floats, { type: UINT8, bits: 0 }),
  ),
  ...each(
    'And Or Not Xor Equal Greater GreaterOrEqual Less LessOrEqual IsInf IsNaN RegexFullMatch OptionalHasElement',
    always({ type: BOOL, bits: 0 }),
  ),
  ...each('TfIdfVectorizer', always(floats)),
  ...each(
    'ConcatFromSequence Optional OptionalGetElement SequenceAt SequenceConstruct SequenceEmpty SplitToSequence If Loop Scan',
    always(UNKNOWN),
  ),
  ...each(
    'ai.onnx.ml:FeatureVectorizer ai.onnx.ml:LinearRegressor ai.onnx.ml:Normalizer ai.onnx.ml:OneHotEncoder ai.onnx.ml:Scaler ai.onnx.ml:SVMRegressor ai.onnx.ml:TreeEnsembleRegressor',
    always(floats),
  ),
  ...each(
    'ai.onnx.ml:LinearClassifier ai.onnx.ml:SVMClassifier ai.onnx.ml:TreeEnsembleClassifier',
    always(labels, floats),
  ),
  ...each('ai.onnx.ml:ArrayFeatureExtractor', passing(0)),
]);

/** Finds the facts about a node's outputs from those about its inputs; the last one stands for all further outputs. */
export function outputFacts(node: NodeFacts): readonly ValueFacts[] {
  const facts = elementFacts(node);
  if (node.operator === 'Constant') return facts;
  const rank = minRank(node);
  // The outputs of a Split have the same rank; the further ones of others may have another.
  const [first = UNKNOWN, ...further] = facts;
  const others = further.length === 0 ? [first] : further;
  const isSplit = node.operator === 'Split';
  return [
    { type: first.type, bits: first.bits, rank },
    ...others.map(({ type, bits }) => (isSplit ? { type, bits, rank } : { type, bits })),
  ];
}

function elementFacts(node: NodeFacts): readonly ValueFacts[] {
  const rule = rules.get(node.operator);
  if (rule !== undefined) return rule(node);
  // All other operators of ONNX give what their inputs are; others may give anything.
  return node.operator.includes(':') ? [UNKNOWN] : [{ type: typeOf(node.inputs), bits: 0 }];
}

/** The type of values that have the same one, by the first that is known. */
export function typeOf(values: readonly (ValueFacts | undefined)[]): number | undefined {
  return values.find((value) => value?.type !== undefined)?.type;
}

import type { Signature } from '@fairlead/signature';
import type { OnnxGraph, OnnxModel, OnnxNode } from '@fairlead/signature/onnx';
import type { RowAnalysis } from '../../runtime/runtime.ts';
import { axisRules } from './axis-rules.ts';
import { castElements, elementwiseRules } from './elementwise-rules.ts';
import { isListOf, layoutRules } from './layout-rules.ts';
import { NodeView, type Rule } from './node-view.ts';
import { productRules } from './product-rules.ts';
import { RowProblem, type RowValue } from './row-value.ts';
import { tableRules } from './table-rules.ts';

const rules = new Map<string, Rule>(
  Object.entries({
    ...axisRules,
    ...elementwiseRules,
    ...layoutRules,
    ...productRules,
    ...tableRules,
  }),
);
/** Operators that give something else each time. */
const RANDOM = new Set(
  'Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike'.split(' '),
);
/** Operators whose outputs number or choose rows. */
const CHOOSING = new Set('Compress NonMaxSuppression NonZero Unique'.split(' '));
/** Operators that leave the elements of small integers as they are. */
const COPYING = new Set('Identity Reshape Squeeze Unsqueeze'.split(' '));
/** Operator sets whose operators give the same for the same inputs, but for random ones. */
const REPEATABLE_DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);
const RANDOM_NAME = /Random|Dropout|Bernoulli|Multinomial|Sampling|BeamSearch/;

/**
 * Finds out from a model's graph whether each row of its outputs is computed from the same row of its inputs alone.
 *
 * It follows which axis of each value holds the rows. Operators that it doesn't know, or whose use it can't follow, make
 * what depends on them unknown; branches, loops and functions of the model are among them. What depends on a value in
 * which rows influence each other is dependent, also through those.
 */
export function analyzeRows(
  { graph, opsets, functions }: OnnxModel,
  signature: Signature,
): RowAnalysis {
  const own = new Set(functions.map(({ domain, name }) => nameOf(domain, name)));
  const values = new Map<string, RowValue>();
  for (const [name, { shape, integers }] of graph.initializers) {
    values.set(name, { kind: 'fixed', shape, elements: integers });
  }
  // Inputs come second: an initializer of the same name is only a default.
  for (const { name, shape } of signature.inputs) {
    const lengths = shape.map((length, axis) =>
      axis === 0 ? 'rows' : length === -1 ? undefined : length,
    );
    values.set(name, { kind: 'rows', shape: lengths });
  }
  for (const node of graph.nodes) {
    const isOwn = own.has(nameOf(node.domain, node.opType));
    const outputs = outputsOf(node, values, isOwn ? undefined : versionOf(node.domain, opsets));
    node.outputs.forEach((name, position) => {
      const value = outputs[position] ?? outputs.at(-1);
      if (name !== '' && value !== undefined) values.set(name, value);
    });
  }
  return conclude(graph, values, signature);
}

function conclude(
  { nodes }: OnnxGraph,
  values: ReadonlyMap<string, RowValue>,
  signature: Signature,
): RowAnalysis {
  let open: string | undefined;
  for (const { name } of signature.outputs) {
    const value = values.get(name);
    if (value?.kind === 'mixed') return { rows: 'dependent', reason: value.reason };
    if (value?.kind === 'unknown') open ??= value.reason;
    else if (value?.kind !== 'rows' || value.shape[0] !== 'rows') {
      open ??= `output ${JSON.stringify(name)} does not have the rows on its first axis`;
    }
  }
  if (open !== undefined) return { rows: 'unknown', reason: open };
  return {
    rows: 'independent',
    reason: `its graph of ${nodes.length} ${nodes.length === 1 ? 'operator' : 'operators'} keeps rows apart`,
  };
}

function outputsOf(
  node: OnnxNode,
  values: ReadonlyMap<string, RowValue>,
  opset: number | undefined,
): readonly RowValue[] {
  const operator = nameOf(node.domain, node.opType);
  const title = `${node.opType}${node.name === '' ? '' : ` ${JSON.stringify(node.name.slice(0, 80))}`}`;
  const named = (kind: 'mixed' | 'unknown', why: string): readonly RowValue[] => [
    { kind, reason: `${title} ${why}` },
  ];
  if (RANDOM.has(operator)) return named('mixed', 'gives random numbers');
  const inputs = node.inputs.map((name) =>
    name === '' ? undefined : (values.get(name) ?? UNDEFINED),
  );
  const graphs = [...node.attributes.values()].flatMap((attribute) => attribute.graphs ?? []);
  const captured = capturedNames(graphs).map((name) => values.get(name));
  // Rows that influence each other stay so in every further computation.
  const spoilt =
    [...inputs, ...captured].find((value) => value?.kind === 'mixed') ??
    inputs.find((value) => value?.kind === 'unknown');
  if (spoilt !== undefined) {
    // A shape says nothing of what is in the rows.
    return operator === 'Shape' ? named('unknown', 'measures what is not understood') : [spoilt];
  }
  if (graphs.length > 0) return named('unknown', 'runs a graph within the graph');
  if (opset === undefined)
    return named('unknown', 'is of a function of the model or an undeclared operator set');
  if (CHOOSING.has(operator) && inputs.some((value) => value?.kind !== 'fixed')) {
    return named('mixed', 'chooses among the rows');
  }
  const rule = rules.get(operator);
  if (
    operator !== 'Constant' &&
    REPEATABLE_DOMAINS.has(node.domain) &&
    !RANDOM_NAME.test(node.opType) &&
    inputs.every((value) => value === undefined || value.kind === 'fixed')
  ) {
    return [fixedOutput(operator, inputs, node)];
  }
  if (rule === undefined)
    return named('unknown', `(${operator}) is not an operator that is understood here`);
  try {
    const outputs = rule(new NodeView(node, opset, inputs));
    return Array.isArray(outputs) ? (outputs as readonly RowValue[]) : [outputs as RowValue];
  } catch (error) {
    if (error instanceof RowProblem) return named(error.kind, error.message);
    throw error;
  }
}

/** Names that the nodes of inner graphs read; those of outer values are among them. */
function capturedNames(graphs: readonly OnnxGraph[]): readonly string[] {
  return graphs.flatMap(({ nodes, outputs }) => [
    ...outputs.map(({ name }) => name),
    ...nodes.flatMap(({ inputs, attributes }) => [
      ...inputs,
      ...[...attributes.values()].flatMap((attribute) => capturedNames(attribute.graphs ?? [])),
    ]),
  ]);
}

/** Version of an operator set; undefined where it is undeclared or, as ONNX's own has two names, declared twice. */
function versionOf(domain: string, opsets: OnnxModel['opsets']): number | undefined {
  if (domain !== '' && domain !== 'ai.onnx') return opsets[domain];
  const [first, second] = [opsets[''], opsets['ai.onnx']];
  return first === undefined || second === undefined || first === second
    ? (first ?? second)
    : undefined;
}

const UNDEFINED: RowValue = {
  kind: 'unknown',
  reason: 'an input of the graph is not in the signature',
};

/** The result of fixed values is fixed. */
function fixedOutput(
  operator: string,
  inputs: readonly (RowValue | undefined)[],
  node: OnnxNode,
): RowValue {
  const lists = inputs.map((value) => (value?.kind === 'fixed' ? value.elements : undefined));
  const [first] = lists;
  if (COPYING.has(operator)) return { kind: 'fixed', elements: first };
  const [value] = inputs;
  if (operator === 'Cast' && value?.kind === 'fixed') {
    return { kind: 'fixed', shape: value.shape, elements: castElements(node, first) };
  }
  const axis = node.attributes.get('axis')?.integers?.[0] ?? 0;
  if (operator === 'Concat' && axis === 0 && lists.every((list) => list !== undefined)) {
    const elements = lists.flat();
    const shape = inputs.every((each) => isListOf(each)) ? [elements.length] : undefined;
    return { kind: 'fixed', elements, shape };
  }
  if (operator === 'Transpose' && value?.kind === 'fixed') {
    const order = node.attributes.get('perm')?.integers;
    return {
      kind: 'fixed',
      shape: order?.map((axis) => value.shape?.[axis]) ?? value.shape?.toReversed(),
    };
  }
  return { kind: 'fixed' };
}

function nameOf(domain: string, opType: string): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}:${opType}`;
}

import type { Signature } from '@fairlead/signature';
import type { OnnxGraph, OnnxModel, OnnxNode } from '@fairlead/signature/onnx';
import type { RowAnalysis } from '../../runtime.ts';
import { axisRules } from './axis-rules.ts';
import { elementwiseRules } from './elementwise-rules.ts';
import { layoutRules } from './layout-rules.ts';
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
/** Operators that hand the elements of small integers on as they are. */
const HANDING_ON = new Set('Cast Identity Reshape Squeeze Unsqueeze'.split(' '));

/**
 * Finds out from a model's graph whether each row of its outputs is computed from the same row of its inputs alone.
 *
 * It follows which axis of each value holds the rows. Operators that it doesn't know, or whose use it can't follow, make
 * what depends on them unknown; branches and loops are among them.
 *
 * @example
 * ```ts
 * const { rows, reason } = analyzeRows(readOnnxModel(bytes), signature);
 * ```
 */
export function analyzeRows(
  { graph, opsets, functions }: OnnxModel,
  signature: Signature,
): RowAnalysis {
  const own = new Set(functions.map(({ domain, name }) => nameOf(domain, name)));
  const values = new Map<string, RowValue>();
  for (const { name, shape } of signature.inputs) {
    const lengths = shape.map((length, axis) =>
      axis === 0 ? 'rows' : length === -1 ? undefined : length,
    );
    values.set(name, { kind: 'rows', shape: lengths });
  }
  for (const [name, { shape, integers }] of graph.initializers) {
    values.set(name, { kind: 'fixed', shape, elements: integers });
  }
  for (const node of graph.nodes) {
    const outputs = own.has(nameOf(node.domain, node.opType))
      ? [OWN_OPERATOR]
      : outputsOf(node, values, opsets[node.domain] ?? opsets['ai.onnx'] ?? 1);
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
  opset: number,
): readonly RowValue[] {
  const operator = nameOf(node.domain, node.opType);
  const title = `${node.opType}${node.name === '' ? '' : ` ${JSON.stringify(node.name.slice(0, 80))}`}`;
  const named = (kind: 'mixed' | 'unknown', why: string): readonly RowValue[] => [
    { kind, reason: `${title} ${why}` },
  ];
  if (RANDOM.has(operator)) return named('mixed', 'gives random numbers');
  const hasGraphs = [...node.attributes.values()].some(({ graphs }) => graphs !== undefined);
  if (hasGraphs) return named('unknown', 'runs a graph within the graph');
  const inputs = node.inputs.map((name) =>
    name === '' ? undefined : (values.get(name) ?? UNDEFINED),
  );
  // Rows that influence each other stay so, whatever is computed of them.
  const spoilt =
    inputs.find((value) => value?.kind === 'mixed') ??
    inputs.find((value) => value?.kind === 'unknown');
  if (spoilt !== undefined) {
    // A shape says nothing of what is in the rows.
    return operator === 'Shape' ? named('unknown', 'measures what is not understood') : [spoilt];
  }
  if (CHOOSING.has(operator) && inputs.some((value) => value?.kind !== 'fixed')) {
    return named('mixed', 'chooses among the rows');
  }
  const rule = rules.get(operator);
  if (
    operator !== 'Constant' &&
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

const OWN_OPERATOR: RowValue = {
  kind: 'unknown',
  reason: 'it defines an operator itself',
};
const UNDEFINED: RowValue = {
  kind: 'unknown',
  reason: 'an input of the graph is not in the signature',
};

/** What is computed of fixed values is fixed. */
function fixedOutput(
  operator: string,
  inputs: readonly (RowValue | undefined)[],
  node: OnnxNode,
): RowValue {
  const lists = inputs.map((value) => (value?.kind === 'fixed' ? value.elements : undefined));
  const [first] = lists;
  if (HANDING_ON.has(operator)) return { kind: 'fixed', elements: first };
  if (operator === 'Concat' && lists.every((list) => list !== undefined)) {
    return { kind: 'fixed', elements: lists.flat(), shape: [lists.flat().length] };
  }
  const [value] = inputs;
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

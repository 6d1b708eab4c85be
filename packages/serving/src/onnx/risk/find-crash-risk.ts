import type {
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
} from '@fairlead/signature/onnx';
import { einsumRisk } from './einsum-risk.ts';
import { outputFacts, typeOf } from './output-facts.ts';
import {
  COUNT,
  INT32,
  INT64,
  NOT_MINIMUM,
  NOT_MINUS_ONE,
  NOT_ZERO,
  tensorFacts,
  UNKNOWN,
  type ValueFacts,
} from './value-facts.ts';

/** The values that a graph's nodes can read: its own, and those of the graphs around it. */
interface Scope {
  readonly values: Map<string, ValueFacts>;
  readonly outer?: Scope;
}

type Attributes = ReadonlyMap<string, OnnxAttribute>;

const NO_ATTRIBUTES: Attributes = new Map();
/** Functions that use each other can stand for more nodes than any model executes. */
const MAX_NODES = 1_000_000;
const MAX_FUNCTION_DEPTH = 64;

/**
 * Finds an operator whose inputs can end the process that executes it; undefined when there is none.
 *
 * ONNX Runtime (1.30) divides by some inputs without a check, which raises SIGFPE and ends the whole process, whichever
 * thread it is in: `STFT` by a `frame_length` of 0, and `Div` and `Mod` of INT32 and INT64 when the minimum of the datatype
 * is divided by -1. It does check for a divisor of 0 there, and computes 8 and 16 bits with more. `Einsum` aborts where a
 * term has more labels than its operand has dimensions.
 *
 * Such a model is executed in a separate process, so that a request which ends it ends nothing else. Weights, shapes and
 * positions that exclude those values are no risk: no request changes that.
 */
export function findCrashRisk({ graph, functions }: OnnxModel): string | undefined {
  return new RiskFinder(functions).find(graph);
}

class RiskFinder {
  readonly #functions = new Map<string, OnnxFunction[]>();
  #nodes = 0;
  #depth = 0;
  #risk: string | undefined;

  constructor(functions: readonly OnnxFunction[]) {
    for (const each of functions) {
      const name = nameOf(each.domain, each.name);
      this.#functions.set(name, [...(this.#functions.get(name) ?? []), each]);
    }
  }

  find(graph: OnnxGraph): string | undefined {
    this.#readGraph(graph, [], NO_ATTRIBUTES);
    return this.#risk;
  }

  /** Follows a graph; returns the facts about its outputs. */
  #readGraph(
    { inputs, outputs, initializers, nodes }: OnnxGraph,
    given: readonly (ValueFacts | undefined)[],
    attributes: Attributes,
    outer?: Scope,
  ): readonly ValueFacts[] {
    const scope: Scope = { values: new Map(), ...(outer && { outer }) };
    for (const [name, tensor] of initializers) scope.values.set(name, tensorFacts(tensor));
    // An initializer of the same name is a default that a request can replace.
    inputs.forEach(({ name, elementType, shape }, position) => {
      const { type, bits, rank } = given[position] ?? UNKNOWN;
      // ONNX Runtime compares the shapes of requests with those of the model's own inputs, not with those of a body.
      const minRank = outer === undefined ? shape?.length : rank;
      const value = { type: elementType ?? type, bits };
      scope.values.set(name, minRank === undefined ? value : { ...value, rank: minRank });
    });
    this.#readNodes(nodes, scope, attributes);
    return outputs.map(({ name }) => lookUp(scope, name));
  }

  #readNodes(nodes: readonly OnnxNode[], scope: Scope, attributes: Attributes): void {
    for (const node of nodes) {
      if (this.#risk !== undefined) return;
      this.#nodes += 1;
      if (this.#nodes > MAX_NODES) {
        this.#risk = `its functions stand for more than ${MAX_NODES} nodes, which aren't checked`;
        return;
      }
      const outputs = this.#readNode(node, scope, attributes);
      node.outputs.forEach((name, position) => {
        scope.values.set(name, outputs[position] ?? outputs.at(-1) ?? UNKNOWN);
      });
    }
  }

  #readNode(node: OnnxNode, scope: Scope, attributes: Attributes): readonly ValueFacts[] {
    const operator = nameOf(node.domain, node.opType);
    const inputs = node.inputs.map((name) => (name === '' ? undefined : lookUp(scope, name)));
    const attribute = (name: string): OnnxAttribute | undefined => {
      const own = node.attributes.get(name);
      // A function can have a default for an attribute, which isn't read: its value is unknown.
      return own?.reference === undefined ? own : (attributes.get(own.reference) ?? own);
    };
    this.#risk ??= riskOf(operator, inputs, attribute);

    const own = this.#functions.get(operator);
    if (own !== undefined) {
      const passed = [...node.attributes.keys()].flatMap((name) => {
        const value = attribute(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      // Overloads have the same name; each is followed.
      const results = own.map((each) => this.#readFunction(each, inputs, new Map(passed)));
      return results.length === 1 && results[0] !== undefined ? results[0] : [UNKNOWN];
    }

    const branches = [...node.attributes.values()].flatMap(({ graphs = [] }) => graphs);
    if (branches.length === 0) return outputFacts({ operator, inputs, attribute });
    const results = branches.map((graph) =>
      this.#readGraph(graph, bodyInputs(operator, inputs), attributes, scope),
    );
    if (operator === 'If') return commonFacts(results);
    // The first output of a loop's body is its condition.
    const [body = []] = results;
    const rest = operator === 'Loop' ? body.slice(1) : body;
    return [...rest.map(({ type }) => ({ type, bits: 0 })), UNKNOWN];
  }

  #readFunction(
    { inputs: names, outputs, nodes }: OnnxFunction,
    inputs: readonly (ValueFacts | undefined)[],
    attributes: Attributes,
  ): readonly ValueFacts[] {
    if (this.#depth === MAX_FUNCTION_DEPTH) {
      this.#risk ??= `its functions are nested more than ${MAX_FUNCTION_DEPTH} deep, and aren't checked`;
      return [UNKNOWN];
    }
    this.#depth += 1;
    const values = new Map(names.map((name, index) => [name, inputs[index] ?? UNKNOWN]));
    this.#readNodes(nodes, { values }, attributes);
    this.#depth -= 1;
    return outputs.map((name) => values.get(name) ?? UNKNOWN);
  }
}

function riskOf(
  operator: string,
  inputs: readonly (ValueFacts | undefined)[],
  attribute: (name: string) => OnnxAttribute | undefined,
): string | undefined {
  if (operator === 'STFT') {
    const length = inputs[3];
    const traps = length !== undefined && (length.bits & NOT_ZERO) === 0;
    return traps ? 'STFT ends its process where frame_length is 0' : undefined;
  }
  if (operator === 'Einsum') return einsumRisk(attribute('equation')?.text, inputs);
  if (operator !== 'Div' && operator !== 'Mod') return undefined;
  // With `fmod` it divides floating-point numbers.
  if (operator === 'Mod' && attribute('fmod')?.integers?.[0] === 1) return undefined;
  const type = typeOf(inputs);
  if (type !== undefined && type !== INT32 && type !== INT64) return undefined;
  const [dividend = UNKNOWN, divisor = UNKNOWN] = inputs;
  if ((dividend.bits & NOT_MINIMUM) !== 0 || (divisor.bits & NOT_MINUS_ONE) !== 0) return undefined;
  const named = type === undefined ? 'an unknown datatype' : type === INT32 ? 'INT32' : 'INT64';
  return `${operator} of ${named} ends its process where the minimum is divided by -1`;
}

/** Facts about what a node's graph is given: `Loop` counts its iterations, and changes the values that it carries. */
function bodyInputs(
  operator: string,
  inputs: readonly (ValueFacts | undefined)[],
): readonly (ValueFacts | undefined)[] {
  const changing = inputs.map((value) => value && { type: value.type, bits: 0 });
  return operator === 'Loop'
    ? [{ type: INT64, bits: COUNT }, undefined, ...changing.slice(2)]
    : changing;
}

/** The facts that hold whichever branch is executed. */
function commonFacts(branches: readonly (readonly ValueFacts[])[]): readonly ValueFacts[] {
  const [first = [], ...others] = branches;
  return first.map(({ type, bits }, position) => ({
    type: type ?? typeOf(others.map((branch) => branch[position])),
    bits: others.reduce((common, branch) => common & (branch[position]?.bits ?? 0), bits),
  }));
}

function lookUp(scope: Scope, name: string): ValueFacts {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.outer) {
    const value = each.values.get(name);
    if (value !== undefined) return value;
  }
  return UNKNOWN;
}

function nameOf(domain: string, opType: string): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}:${opType}`;
}

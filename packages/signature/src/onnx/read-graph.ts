import { attributeFields, graphFields, nodeFields } from './onnx-fields.ts';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './onnx-model.ts';
import type { ProtobufReader } from './protobuf-reader.ts';
import type { ReadBudget } from './read-budget.ts';
import type { TensorReader } from './read-tensor.ts';
import { readValue } from './read-value.ts';

/** Maximum depth of graphs in branches and loops; the limit of protobuf is 100 messages, three per graph. */
const MAX_DEPTH = 32;
const MAX_VALUES = 10_000;
/** A node takes as much memory as this many names. */
const NODE_PARTS = 8;
const ONNX_DOMAINS = ['', 'ai.onnx'];
const NO_ATTRIBUTES: ReadonlyMap<string, OnnxAttribute> = new Map();
/** Longer lists of an attribute, such as the nodes of a tree or a vocabulary, are omitted. */
const MAX_ELEMENTS = 10_000;
const MAX_TEXT_BYTES = 64 * 1024;

/** Reads graphs with their nodes, and nested graphs. */
export class GraphReader {
  readonly #reader: ProtobufReader;
  readonly #tensors: TensorReader;
  readonly #budget: ReadBudget;
  #depth = 0;

  constructor(reader: ProtobufReader, tensors: TensorReader, budget: ReadBudget) {
    this.#reader = reader;
    this.#tensors = tensors;
    this.#budget = budget;
  }

  /** Reads the visited field, a GraphProto; `isMain` for the main graph. */
  read(isMain = false): OnnxGraph {
    if (this.#depth === MAX_DEPTH) {
      throw new Error(`its graphs are nested more than ${MAX_DEPTH} deep`);
    }
    this.#depth += 1;
    const reader = this.#reader;
    const nodes: OnnxNode[] = [];
    const inputs: OnnxValue[] = [];
    const outputs: OnnxValue[] = [];
    const initializers = new Map<string, OnnxTensor>();
    reader.readMessage(graphFields, (field) => {
      if (field === 1) nodes.push(this.readNode(isMain));
      if (field === 5 || field === 15) {
        const tensor =
          field === 5
            ? this.#tensors.read(isMain ? 'initializer' : 'elsewhere')
            : this.#tensors.readSparse();
        if (tensor !== undefined) {
          const { name, ...rest } = tensor;
          initializers.set(name, rest);
        }
      }
      if (field === 11) addValue(inputs, 'inputs', reader);
      if (field === 12) addValue(outputs, 'outputs', reader);
    });
    this.#depth -= 1;
    return { nodes, inputs, outputs, initializers };
  }

  /** Reads the visited field, a NodeProto; `isMain` for a node of the main graph. */
  readNode(isMain = false): OnnxNode {
    const reader = this.#reader;
    let [opType, domain, name] = ['', '', ''];
    const inputs: string[] = [];
    const outputs: string[] = [];
    let attributes: Map<string, OnnxAttribute> | undefined;
    this.#budget.spend(NODE_PARTS);
    const before = this.#tensors.external.length;
    reader.readMessage(nodeFields, (field) => {
      if (field === 1 || field === 2) {
        this.#budget.spend();
        (field === 1 ? inputs : outputs).push(reader.text());
      }
      if (field === 3) name = reader.text();
      if (field === 4) opType = reader.text();
      if (field === 7) domain = reader.text();
      if (field === 5)
        addAttribute((attributes ??= new Map<string, OnnxAttribute>()), this.readAttribute());
    });
    const isConstant = isMain && opType === 'Constant' && ONNX_DOMAINS.includes(domain);
    const isOnly = this.#tensors.external.length === before + 1;
    if (isConstant && isOnly && attributes?.get('value')?.tensor?.isExternal) {
      this.#tensors.markConstant();
    }
    return { opType, domain, name, inputs, outputs, attributes: attributes ?? NO_ATTRIBUTES };
  }

  /** Reads the visited field, an AttributeProto; returns its name with it. */
  readAttribute(): [name: string, attribute: OnnxAttribute] {
    const reader = this.#reader;
    let name = '';
    let text: string | undefined;
    let reference: string | undefined;
    let tensor: OnnxTensor | undefined;
    const integers: number[] = [];
    const texts: string[] = [];
    let areShort = true as boolean;
    const graphs: OnnxGraph[] = [];
    this.#budget.spend();
    reader.readMessage(attributeFields, (field) => {
      if (field === 1) name = reader.text();
      if (field === 3) integers.push(reader.int64());
      if (field === 8 && integers.length <= MAX_ELEMENTS) {
        integers.push(...reader.integers(MAX_ELEMENTS + 1));
      }
      if (field === 9 && texts.length <= MAX_ELEMENTS) {
        this.#budget.spend();
        areShort &&= reader.length <= MAX_TEXT_BYTES;
        if (areShort) texts.push(new TextDecoder().decode(reader.bytes()));
      }
      if (field === 4 && reader.length <= MAX_TEXT_BYTES) {
        text = new TextDecoder().decode(reader.bytes());
      }
      if (field === 5) tensor = this.#tensors.read();
      if (field === 10) this.#tensors.read();
      if (field === 6 || field === 11) graphs.push(this.read());
      if (field === 21) reference = reader.text();
      if (field === 22 || field === 23) this.#tensors.readSparse();
    });
    const attribute = {
      ...(isShort(integers) && { integers }),
      ...(areShort && isShort(texts) && { texts }),
      ...(text !== undefined && { text }),
      ...(tensor && { tensor }),
      ...(graphs.length > 0 && { graphs }),
      ...(reference !== undefined && { reference }),
    };
    return [name, attribute];
  }
}

function isShort(list: readonly unknown[]): boolean {
  return list.length > 0 && list.length <= MAX_ELEMENTS;
}

function addAttribute(
  attributes: Map<string, OnnxAttribute>,
  [name, attribute]: readonly [name: string, attribute: OnnxAttribute],
): void {
  if (attributes.has(name)) {
    throw new Error(`the attribute ${JSON.stringify(name)} of a node occurs twice`);
  }
  attributes.set(name, attribute);
}

function addValue(list: OnnxValue[], what: string, reader: ProtobufReader): void {
  if (list.push(readValue(reader)) > MAX_VALUES) {
    throw new Error(`a graph in it has more than ${MAX_VALUES} ${what}`);
  }
}

import type { OnnxGraph, OnnxNode, OnnxValue } from './onnx-model.ts';
import { readOnnxModel } from './read-onnx-model.ts';
import { encodeField, encodeNumber, fieldRanges } from './splice-message.ts';

const GRAPH = 7;
const NODE = 1;
const OUTPUT = 12;
const FLOAT = 1;

/** A dropped `ZipMap` node, which converts the probabilities of a classifier to one map per row. */
export interface DroppedZipMap {
  /** Output of the maps. */
  readonly output: string;
  /** Output that replaces it: a tensor with a column for each class. */
  readonly tensor: string;
  /** Classes, in the order of the columns. */
  readonly labels: readonly (string | number)[];
}

/**
 * Drops the `ZipMap` nodes at the end of a classifier, which exports of scikit-learn and LightGBM have by default: the tensor
 * of probabilities becomes the output, under the name of the tensor. Every other byte stays unchanged.
 *
 * A `ZipMap` isn't dropped if another node reads its maps, or its classes aren't known.
 *
 * @throws SignatureError `ERR_SIGNATURE_ONNX_INVALID`
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { dropZipMaps } from '@fairlead/signature/onnx';
 *
 * const { bytes, dropped } = dropZipMaps(await readFile('./classifier.onnx'));
 * console.log(dropped[0]?.labels, bytes.length > 0); // [ 0, 1, 2 ] true
 * ```
 */
export function dropZipMaps(bytes: Uint8Array): {
  readonly bytes: Uint8Array;
  readonly dropped: readonly DroppedZipMap[];
} {
  const { graph } = readOnnxModel(bytes);
  const found = graph.nodes.flatMap((node, index) => findZipMap(graph, node, index));
  if (found.length === 0) return { bytes, dropped: [] };
  const field = [...fieldRanges(bytes)].find(({ number }) => number === GRAPH);
  if (field === undefined) return { bytes, dropped: [] };
  const parts: Uint8Array[] = [];
  const counts = { [NODE]: 0, [OUTPUT]: 0 };
  const names = new Set(graph.outputs.map(({ name }) => name));
  for (const { number, start, end } of fieldRanges(bytes, field.content, field.end)) {
    const index = number === NODE || number === OUTPUT ? counts[number]++ : -1;
    if (number === NODE && found.some((each) => each.index === index)) continue;
    const output = number === OUTPUT ? graph.outputs[index]?.name : undefined;
    const zipMap = found.find((each) => each.output === output);
    if (zipMap === undefined) parts.push(bytes.subarray(start, end));
    else if (!names.has(zipMap.tensor))
      parts.push(encodeField(OUTPUT, probabilities(graph, zipMap)));
  }
  const rest = [bytes.subarray(0, field.start), bytes.subarray(field.end)] as const;
  return {
    bytes: Buffer.concat([rest[0], encodeField(GRAPH, Buffer.concat(parts)), rest[1]]),
    dropped: found.map(({ output, tensor, labels }) => ({ output, tensor, labels })),
  };
}

/**
 * Returns whether a node is a `ZipMap`, which converts a tensor to maps.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { isZipMap, readOnnxModel } from '@fairlead/signature/onnx';
 *
 * const { graph } = readOnnxModel(await readFile('./classifier.onnx'));
 * console.log(graph.nodes.filter(isZipMap).length); // 1
 * ```
 */
export function isZipMap({ opType, domain }: OnnxNode): boolean {
  return opType === 'ZipMap' && domain === 'ai.onnx.ml';
}

function findZipMap(
  graph: OnnxGraph,
  node: OnnxNode,
  index: number,
): readonly (DroppedZipMap & { readonly index: number })[] {
  const { inputs, outputs, attributes } = node;
  const [tensor = ''] = inputs;
  const [output = ''] = outputs;
  const labels =
    attributes.get('classlabels_strings')?.texts ??
    attributes.get('classlabels_int64s')?.integers ??
    [];
  const isOutput = graph.outputs.some(({ name }) => name === output);
  const isComputed = graph.nodes.some((other) => other.outputs.includes(tensor));
  const canBeDropped =
    isZipMap(node) && isOutput && isComputed && labels.length > 0 && !reads(graph, output);
  return canBeDropped ? [{ index, output, tensor, labels }] : [];
}

/** Returns whether a node of the graph, or of a graph in an attribute, reads a value. */
function reads({ nodes }: OnnxGraph, name: string): boolean {
  return nodes.some(
    ({ inputs, attributes }) =>
      inputs.includes(name) ||
      [...attributes.values()].some(({ graphs = [] }) =>
        graphs.some((inner) => reads(inner, name)),
      ),
  );
}

/** Encodes the description of an output: FP32 of [rows, classes], with the rows of the other outputs. */
function probabilities(graph: OnnxGraph, { tensor, labels }: DroppedZipMap): Uint8Array {
  const rows = graph.outputs.find(({ shape }) => shape !== undefined && shape.length > 0);
  const shape = Buffer.concat([
    encodeField(1, encodeLength(rows?.shape?.[0])),
    encodeField(1, encodeLength(labels.length)),
  ]);
  const type = Buffer.concat([encodeNumber(1, FLOAT), encodeField(2, shape)]);
  return Buffer.concat([encodeField(1, Buffer.from(tensor)), encodeField(2, encodeField(1, type))]);
}

function encodeLength(length: NonNullable<OnnxValue['shape']>[number]): Uint8Array {
  if (typeof length === 'string') return encodeField(2, Buffer.from(length));
  return length !== undefined && length > 0 ? encodeNumber(1, length) : new Uint8Array();
}

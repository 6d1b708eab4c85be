import { fstatSync } from 'node:fs';
import { SignatureError } from '../signature-error.ts';
import { ByteSource } from './byte-source.ts';
import {
  entryFields,
  functionFields,
  modelFields,
  operatorSetFields,
  trainingFields,
} from './onnx-fields.ts';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxValue } from './onnx-model.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { ReadBudget } from './read-budget.ts';
import { GraphReader } from './read-graph.ts';
import { TensorReader } from './read-tensor.ts';

const MAX_ENTRY_BYTES = 1024 * 1024;
const MAX_ENTRIES = 1000;

/**
 * Reads an ONNX file: its graph with inputs, outputs and nodes, operator sets, exporter, and the tensors whose elements are in
 * other files. Weights are skipped.
 *
 * `source` is the bytes of the file, or the descriptor of an open one, which is read synchronously in windows of 64 KiB.
 *
 * @throws SignatureError `ERR_SIGNATURE_ONNX_INVALID` if `source` isn't an ONNX file, or has an encoding that no exporter
 * produces and ONNX Runtime could read differently.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { readOnnxModel } from '@fairlead/signature/onnx';
 *
 * const { graph } = readOnnxModel(await readFile('./model.onnx'));
 * console.log(graph.nodes.map(({ opType }) => opType)); // [ 'Mul', 'Add' ]
 * ```
 */
export function readOnnxModel(source: Uint8Array | number): OnnxModel {
  try {
    const bytes =
      typeof source === 'number'
        ? ByteSource.ofFile(source, fstatSync(source).size)
        : ByteSource.of(source);
    return readModel(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SignatureError('ERR_SIGNATURE_ONNX_INVALID', why, { cause });
  }
}

function readModel(source: ByteSource): OnnxModel {
  rejectOrtFormat(source);
  const reader = new ProtobufReader(source);
  const budget = new ReadBudget();
  const tensors = new TensorReader(reader, budget);
  const graphs = new GraphReader(reader, tensors, budget);
  let irVersion = 0;
  let producer = '';
  let producerVersion = '';
  let graph: OnnxGraph | undefined;
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const functions: OnnxFunction[] = [];
  reader.readAll(modelFields, (field) => {
    if (field === 1) irVersion = reader.int64();
    if (field === 2) producer = reader.text();
    if (field === 3) producerVersion = reader.text();
    if (field === 7) graph = graphs.read(true);
    if (field === 8 && opsets.size < MAX_ENTRIES) opsets.set(...readOperatorSet(reader));
    if (field === 14 && metadata.size < MAX_ENTRIES && reader.length <= MAX_ENTRY_BYTES) {
      metadata.set(...readProperty(reader));
    }
    if (field === 20) readTraining(reader, graphs);
    if (field === 25) functions.push(readFunction(reader, graphs, budget));
  });
  if (graph === undefined || irVersion === 0) throw new Error('it has no graph');
  checkNames('inputs', graph.inputs);
  checkNames('outputs', graph.outputs);
  return {
    irVersion,
    opsets: Object.fromEntries(opsets),
    ...(producer !== '' && { producer }),
    ...(producerVersion !== '' && { producerVersion }),
    metadata: Object.fromEntries(metadata),
    graph,
    functions,
    externalTensors: tensors.external,
  };
}

/** Rejects files in the format of ONNX Runtime, which it recognizes by these bytes. */
function rejectOrtFormat(source: ByteSource): void {
  if (source.length < 8) return;
  const isOrtFormat = Buffer.from(source.bytes(8)).toString('latin1', 4) === 'ORTM';
  source.position = 0;
  if (isOrtFormat) {
    throw new Error(
      'it is in the format of ONNX Runtime (.ort); use the .onnx file that it was converted from',
    );
  }
}

function checkNames(what: string, values: readonly OnnxValue[]): void {
  const names = new Set(values.map(({ name }) => name));
  if (names.size < values.length) throw new Error(`two of its ${what} have the same name`);
}

function readOperatorSet(reader: ProtobufReader): [domain: string, version: number] {
  let domain = '';
  let version = 0;
  reader.readMessage(operatorSetFields, (field) => {
    if (field === 1) domain = reader.text();
    if (field === 2) version = reader.int64();
  });
  return [domain, version];
}

function readProperty(reader: ProtobufReader): [key: string, value: string] {
  let key = '';
  let value = '';
  const decoder = new TextDecoder();
  reader.readMessage(entryFields, (field) => {
    if (field === 1) key = decoder.decode(reader.bytes());
    if (field === 2) value = decoder.decode(reader.bytes());
  });
  return [key, value];
}

/** Graphs for training aren't served, but their external tensors are collected too. */
function readTraining(reader: ProtobufReader, graphs: GraphReader): void {
  reader.readMessage(trainingFields, (field) => {
    if (field === 1 || field === 2) graphs.read();
  });
}

function readFunction(
  reader: ProtobufReader,
  graphs: GraphReader,
  budget: ReadBudget,
): OnnxFunction {
  let name = '';
  let domain = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const nodes: OnnxNode[] = [];
  budget.spend();
  reader.readMessage(functionFields, (field) => {
    if (field === 1) name = reader.text();
    if (field === 4 || field === 5) {
      budget.spend();
      (field === 4 ? inputs : outputs).push(reader.text());
    }
    if (field === 7) nodes.push(graphs.readNode());
    if (field === 10) domain = reader.text();
    // Their values may be tensors.
    if (field === 11) graphs.readAttribute();
  });
  return { name, domain, inputs, outputs, nodes };
}

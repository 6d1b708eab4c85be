import type { Datatype, Signature, TensorSpec } from '@fairlead/signature';
import type { ByteWindow } from './byte-window.ts';
import { ExternalData } from './external-data.ts';
import { readNested, readSmall, walkFields } from './protobuf-fields.ts';

/** What an ONNX file says of itself. */
export interface OnnxModel {
  readonly signature: Signature;
  readonly irVersion: number;
  /** Version of each operator set by its domain; `''` is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
  /** What exported it: `skl2onnx`, `pytorch`. */
  readonly producer?: string;
  readonly producerVersion?: string;
  /** `metadata_props`: whatever the exporter noted. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Files beside it that hold weights, by their paths relative to its folder, in order. */
  readonly externalData: readonly string[];
}

// Of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: TensorProto.DataType, by number.
const elementTypes: readonly (Datatype | undefined)[] = [
  undefined,
  'FP32',
  'UINT8',
  'INT8',
  'UINT16',
  'INT16',
  'INT32',
  'INT64',
  'BYTES',
  'BOOL',
  'FP16',
  'FP64',
  'UINT32',
  'UINT64',
];
const otherTypes: Readonly<Record<number, string>> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
};

const MAX_SMALL_BYTES = 1024 * 1024;
const MAX_TENSORS = 10_000;
const MAX_INITIALIZERS = 1_000_000;
const MAX_RANK = 32;
const MAX_PROPERTIES = 1000;

/** Reads an ONNX file (ModelProto) without its weights, which are passed over. */
export async function readOnnxModel(window: ByteWindow): Promise<OnnxModel> {
  let irVersion = 0;
  let producer = '';
  let producerVersion = '';
  let signature: Signature | undefined;
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const externalData = new ExternalData();
  for await (const { tag, value, length } of walkFields(window, window.length)) {
    if (tag === 1 && length === undefined) irVersion = value;
    if (length === undefined) continue;
    if (tag === 2) producer = await readText(window, length);
    if (tag === 3) producerVersion = await readText(window, length);
    if (tag === 7) signature = await readGraph(window, window.position + length, externalData);
    if (tag === 8 && opsets.size < MAX_PROPERTIES) addOpset(opsets, await small(window, length));
    if (tag === 14 && metadata.size < MAX_PROPERTIES) {
      addProperty(metadata, await small(window, length));
    }
    if (tag === 25) await externalData.readFunction(window, window.position + length);
  }
  if (signature === undefined || irVersion === 0) throw new Error('it has no graph');
  return {
    signature,
    irVersion,
    opsets: Object.fromEntries(opsets),
    ...(producer !== '' && { producer }),
    ...(producerVersion !== '' && { producerVersion }),
    metadata: Object.fromEntries(metadata),
    externalData: externalData.locations,
  };
}

async function small(window: ByteWindow, length: number): Promise<Uint8Array> {
  if (length > MAX_SMALL_BYTES) throw new Error(`${length} bytes are too many for a description`);
  return window.bytes(length);
}

async function readText(window: ByteWindow, length: number): Promise<string> {
  return new TextDecoder().decode(await small(window, length));
}

function addOpset(opsets: Map<string, number>, bytes: Uint8Array): void {
  let domain = '';
  let version = 0;
  readSmall(bytes, (tag, reader) => {
    if (tag === 1) domain = reader.readString();
    if (tag === 2) version = reader.readVarint();
  });
  opsets.set(domain, version);
}

function addProperty(metadata: Map<string, string>, bytes: Uint8Array): void {
  let key = '';
  let value = '';
  readSmall(bytes, (tag, reader) => {
    if (tag === 1) key = reader.readString();
    if (tag === 2) value = reader.readString();
  });
  metadata.set(key, value);
}

async function readGraph(
  window: ByteWindow,
  end: number,
  externalData: ExternalData,
): Promise<Signature> {
  const inputs: TensorSpec[] = [];
  const outputs: TensorSpec[] = [];
  const initializers = new Set<string>();
  for await (const { tag, length } of walkFields(window, end)) {
    if (length === undefined) continue;
    if (tag === 5) {
      const name = await externalData.readTensor(window, window.position + length);
      if (initializers.add(name).size > MAX_INITIALIZERS)
        throw new Error('it has too many weights');
    }
    if (tag === 1) await externalData.readNode(window, window.position + length);
    if (tag === 15) await externalData.readSparseTensor(window, window.position + length);
    if (tag !== 11 && tag !== 12) continue;
    const [list, what] = tag === 11 ? ([inputs, 'input'] as const) : ([outputs, 'output'] as const);
    if (list.length === MAX_TENSORS) throw new Error(`it has more than ${MAX_TENSORS} ${what}s`);
    list.push(readValueInfo(what, await small(window, length)));
  }
  // Before IR version 4 the weights are listed among the inputs, as values that callers may leave out.
  return { inputs: inputs.filter(({ name }) => !initializers.has(name)), outputs };
}

function readValueInfo(what: string, bytes: Uint8Array): TensorSpec {
  let name = '';
  let description = '';
  let elementType: number | undefined;
  let shape: number[] | undefined;
  let kind = 'no type';
  readSmall(bytes, (tag, reader) => {
    if (tag === 1) name = reader.readString();
    if (tag === 3) description = reader.readString();
    if (tag !== 2) return;
    readNested(reader, (typeTag, type) => {
      kind = kinds[typeTag] ?? kind;
      if (typeTag !== 1) return;
      readNested(type, (tensorTag, tensor) => {
        if (tensorTag === 1) elementType = tensor.readVarint();
        if (tensorTag === 2) shape = readShape(tensor);
      });
    });
  });
  const place = `${what} ${JSON.stringify(name.slice(0, 80))}`;
  if (elementType === undefined) {
    throw new Error(`${place} is ${kind}; only tensors can be served, so export it as one`);
  }
  const datatype = elementTypes[elementType];
  if (datatype === undefined) {
    const type = otherTypes[elementType] ?? `type ${elementType}`;
    throw new Error(
      `${place} holds ${type}, which can't be sent; cast it in the graph, to float32 for instance`,
    );
  }
  if (shape === undefined) {
    throw new Error(`${place} has no shape; export it with one, -1 or a name for what varies`);
  }
  return { name, datatype, shape, ...(description !== '' && { description }) };
}

const kinds: Readonly<Record<number, string>> = {
  1: 'a tensor',
  4: 'a sequence',
  5: 'a map',
  8: 'a sparse tensor',
  9: 'an optional',
};

type Reader = Parameters<Parameters<typeof readSmall>[1]>[1];

function readShape(reader: Reader): number[] {
  const shape: number[] = [];
  readNested(reader, (tag, dimensions) => {
    if (tag !== 1) return;
    // A name (`dim_param`), or nothing, stands for a length that varies.
    let length = -1;
    readNested(dimensions, (dimensionTag, dimension) => {
      if (dimensionTag === 1) length = dimension.readVarint(true);
    });
    if (shape.push(Number.isSafeInteger(length) && length > 0 ? length : -1) > MAX_RANK) {
      throw new Error(`a shape in it has more than ${MAX_RANK} dimensions`);
    }
  });
  return shape;
}

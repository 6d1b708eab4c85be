import { entryFields, sparseTensorFields, tensorFields } from './onnx-fields.ts';
import type { OnnxExternalTensor, OnnxTensor } from './onnx-model.ts';
import type { ProtobufReader } from './protobuf-reader.ts';
import type { ReadBudget } from './read-budget.ts';

const EXTERNAL = 1;
const INT32 = 6;
const INT64 = 7;
const MAX_RANK = 1000;
const MAX_INTEGERS = 64;

/** A tensor with its name. */
export interface NamedTensor extends OnnxTensor {
  readonly name: string;
}

/** Reads tensors, and collects those whose elements are in another file. */
export class TensorReader {
  readonly #reader: ProtobufReader;
  readonly #budget: ReadBudget;
  readonly #external: { -readonly [Key in keyof OnnxExternalTensor]: OnnxExternalTensor[Key] }[] =
    [];

  constructor(reader: ProtobufReader, budget: ReadBudget) {
    this.#reader = reader;
    this.#budget = budget;
  }

  /** Tensors whose elements are in another file, in the order of the model. */
  get external(): readonly OnnxExternalTensor[] {
    return this.#external;
  }

  /** Marks the last external tensor as the value of a constant. */
  markConstant(): void {
    const newest = this.#external.at(-1);
    if (newest) newest.holder = 'constant';
  }

  /** Reads the visited field, a TensorProto. */
  read(holder: OnnxExternalTensor['holder'] = 'elsewhere'): NamedTensor {
    const reader = this.#reader;
    let name = '';
    let elementType = 0;
    let isExternal = false as boolean;
    const shape: number[] = [];
    const integers: number[] = [];
    const entries = new Map<string, string>();
    this.#budget.spend();
    reader.readMessage(tensorFields, (field) => {
      if (field === 1) shape.push(...reader.integers(MAX_RANK + 1));
      if (shape.length > MAX_RANK) throw new Error(`a tensor in it has more than ${MAX_RANK} axes`);
      if (field === 2) elementType = reader.int32();
      if ((field === 5 || field === 7) && integers.length <= MAX_INTEGERS) {
        integers.push(...reader.integers(MAX_INTEGERS + 1));
      }
      if (field === 8) name = reader.text();
      if (field === 9 && reader.length <= MAX_INTEGERS * 8) {
        // Writers put the datatype first; in another order the integers are ignored, which is harmless.
        integers.push(...rawIntegers(reader.bytes(), elementType));
      }
      if (field === 13) addEntry(entries, reader);
      if (field === 14) isExternal = reader.int32() === EXTERNAL;
    });
    if (isExternal) this.#addExternal(name, entries, holder);
    const count = shape.reduce((product, length) => product * length, 1);
    const isSmall =
      !isExternal && (elementType === INT32 || elementType === INT64) && integers.length === count;
    return {
      name,
      elementType,
      shape,
      ...(isExternal && { isExternal }),
      ...(isSmall && { integers }),
    };
  }

  /** Reads the visited field, a SparseTensorProto; returns its values, under its name. */
  readSparse(): NamedTensor | undefined {
    const reader = this.#reader;
    let values: NamedTensor | undefined;
    const shape: number[] = [];
    reader.readMessage(sparseTensorFields, (field) => {
      if (field === 1) values = this.read();
      if (field === 2) this.read();
      if (field === 3) shape.push(...reader.integers(MAX_RANK));
    });
    return values && { name: values.name, elementType: values.elementType, shape };
  }

  #addExternal(
    name: string,
    entries: ReadonlyMap<string, string>,
    holder: OnnxExternalTensor['holder'],
  ): void {
    const location = entries.get('location');
    if (location === undefined || location === '') {
      throw new Error(`the weights of ${JSON.stringify(name)} are in a file without a path`);
    }
    this.#external.push({ name, location, holder });
  }
}

function addEntry(entries: Map<string, string>, reader: ProtobufReader): void {
  let key = '';
  let value = '';
  reader.readMessage(entryFields, (field) => {
    if (field === 1) key = reader.text();
    if (field === 2) value = reader.text();
  });
  if (entries.has(key))
    throw new Error(`${JSON.stringify(key)} of the file of a tensor occurs twice`);
  entries.set(key, value);
}

function rawIntegers(bytes: Uint8Array, elementType: number): number[] {
  const size = elementType === INT64 ? 8 : 4;
  if ((elementType !== INT64 && elementType !== INT32) || bytes.length % size !== 0) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / size }, (_, index) =>
    size === 8 ? Number(view.getBigInt64(index * 8, true)) : view.getInt32(index * 4, true),
  );
}

import {
  datatypes,
  decodeBinaryTensor,
  elementCount,
  float16ToNumber,
  type Datatype,
  type Tensor,
} from '@fairlead/signature';
import type { ParquetValue } from '../parquet-value.ts';

/** Elements of one tensor of many requests. */
export interface ElementList {
  /**
   * Appends the elements of a request's tensor, and returns the index of the first one.
   *
   * @param data - elements as `encodeBinaryTensor` of `@fairlead/signature` encodes them, in Base64
   * @throws RangeError or SignatureError if they aren't as many as the shape has
   */
  append(shape: readonly number[], data: string): number;
  at(index: number): ParquetValue;
}

/** Returns an empty list for the elements of a tensor. */
export function elementList(name: string, datatype: Datatype): ElementList {
  return datatype === 'BYTES' ? new TextList(name) : new NumberList(name, datatype);
}

const INITIAL_BYTES = 65_536;

/** Numbers in one buffer that grows: a typed array for each request would be most of the garbage of a conversion. */
class NumberList implements ElementList {
  readonly #name: string;
  readonly #datatype: Exclude<Datatype, 'BYTES'>;
  readonly #elementBytes: number;
  #bytes = Buffer.from(new ArrayBuffer(INITIAL_BYTES));
  #elements: ArrayLike<number | bigint | boolean>;
  #length = 0;

  constructor(name: string, datatype: Exclude<Datatype, 'BYTES'>) {
    this.#name = name;
    this.#datatype = datatype;
    this.#elementBytes = datatypes[datatype].elementBytes ?? 1;
    this.#elements = this.#view();
  }

  append(shape: readonly number[], data: string): number {
    const begin = this.#length;
    const count = elementCount(shape);
    const offset = begin * this.#elementBytes;
    const bytes = count * this.#elementBytes;
    const given = Buffer.byteLength(data, 'base64');
    if (given !== bytes) {
      throw new RangeError(`${this.#name} has ${given} bytes for the shape [${shape.join()}]`);
    }
    this.#reserve(offset + bytes);
    const written = this.#bytes.write(data, offset, bytes, 'base64');
    if (written !== bytes) throw new RangeError(`the data of ${this.#name} is no Base64`);
    this.#length += count;
    return begin;
  }

  at(index: number): ParquetValue {
    const element = this.#elements[index] ?? null;
    // Elements of BOOL are as the runtime wrote them: each that isn't 0 is true.
    if (this.#datatype === 'BOOL') return element !== 0;
    if (this.#datatype === 'FP16') return float16ToNumber(Number(element));
    return element;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const grown = Buffer.from(new ArrayBuffer(roundUp(Math.max(bytes, this.#bytes.length * 2))));
    this.#bytes.copy(grown);
    this.#bytes = grown;
    this.#elements = this.#view();
  }

  #view(): ArrayLike<number | bigint | boolean> {
    const stored = this.#datatype === 'BOOL' ? 'UINT8' : this.#datatype;
    const storage = this.#bytes.buffer;
    const count = storage.byteLength / this.#elementBytes;
    return datatypes[stored].view?.(storage, 0, count) ?? [];
  }
}

/** Bytes, as texts where they are UTF-8. */
class TextList implements ElementList {
  readonly #name: string;
  readonly #values: (string | Uint8Array)[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  append(shape: readonly number[], data: string): number {
    const bytes = Buffer.from(data, 'base64');
    const spec = { name: this.#name, datatype: 'BYTES', shape } as const;
    const tensor: Tensor = decodeBinaryTensor(spec, bytes);
    const begin = this.#values.length;
    for (const element of tensor.data) this.#values.push(textOf(element as Uint8Array));
    return begin;
  }

  at(index: number): ParquetValue {
    return this.#values[index] ?? '';
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | Uint8Array {
  try {
    return utf8.decode(bytes);
  } catch {
    return Uint8Array.from(bytes);
  }
}

/** Rounds a length up to whole elements of every datatype. */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

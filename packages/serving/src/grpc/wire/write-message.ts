import { wireTypes } from './wire-reader.ts';

/** Fields of one message in the order in which they are added, joined at the end. */
export class WireWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Adds a field of text, unless it is empty. */
  text(field: number, value: string): void {
    if (value !== '') this.bytes(field, Buffer.from(value));
  }

  /** Adds a field of bytes, also of none. */
  bytes(field: number, value: Uint8Array): void {
    this.#add(varints([(field << 3) | wireTypes.bytes, value.length]));
    this.#add(value);
  }

  /** The message. */
  join(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}

/** Numbers of at most 53 bits, none negative, as varints one behind the other. */
export function varints(values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) {
    let rest = value;
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

/** Longest varint of 64 bits. */
const MAX_BYTES = 10;

type SmallIntegers = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array;

/** 8- to 32-bit integers as varints; negative ones take ten bytes, as their 64-bit form. */
export function smallVarints(values: SmallIntegers): Uint8Array {
  const bytes = new Uint8Array(values.length * MAX_BYTES);
  let at = 0;
  for (const value of values) {
    at = putVarint(bytes, at, value >>> 0, value < 0 ? 0xffffffff : 0);
  }
  return bytes.subarray(0, at);
}

/** 64-bit integers as varints. */
export function longVarints({
  buffer,
  byteOffset,
  length,
}: BigInt64Array | BigUint64Array): Uint8Array {
  const words = new Uint32Array(buffer, byteOffset, 2 * length);
  const bytes = new Uint8Array(length * MAX_BYTES);
  let at = 0;
  for (let index = 0; index < words.length; index += 2) {
    at = putVarint(bytes, at, words[index] ?? 0, words[index + 1] ?? 0);
  }
  return bytes.subarray(0, at);
}

function putVarint(bytes: Uint8Array, start: number, low: number, high: number): number {
  let at = start;
  let [rest, above] = [low, high];
  while (above !== 0 || rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest = ((rest >>> 7) | (above << 25)) >>> 0;
    above >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

import type { ByteSource } from './byte-source.ts';
import type { FieldType, MessageFields } from './onnx-fields.ts';

const WIRE_NUMBER = 0;
const WIRE_8_BYTES = 1;
const WIRE_LENGTH = 2;
const WIRE_4_BYTES = 5;
const MAX_VARINT_BYTES = 10;
/** Limit of a length in protobuf. */
const MAX_LENGTH = 2 ** 31 - 1;
const MAX_TEXT_BYTES = 64 * 1024;

const wireTypes: Readonly<Record<FieldType, number>> = {
  int32: WIRE_NUMBER,
  int64: WIRE_NUMBER,
  enum: WIRE_NUMBER,
  fixed32: WIRE_4_BYTES,
  fixed64: WIRE_8_BYTES,
  bytes: WIRE_LENGTH,
  message: WIRE_LENGTH,
};

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads protobuf messages strictly: encodings that two readers could interpret differently are rejected.
 *
 * If a singular field occurs several times, protobuf takes the last occurrence, or merges messages; it truncates an enum to
 * 32 bits, and accepts numbers that are padded with zeros. No writer produces such encodings.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufReader {
  readonly #source: ByteSource;
  // Current field: its value if it is a number, as two halves; else the end of its bytes.
  #wireType = WIRE_NUMBER;
  #low = 0;
  #high = 0;
  #end = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Visits the fields of the message that is the whole source. */
  readAll(fields: MessageFields, visit: (field: number) => void): void {
    this.#readFields(fields, this.#source.length, visit);
  }

  /** Visits the fields of the visited field, a message. */
  readMessage(fields: MessageFields, visit: (field: number) => void): void {
    this.#readFields(fields, this.#end, visit);
  }

  /** Length in bytes of the visited field. */
  get length(): number {
    return this.#end - this.#source.position;
  }

  /** Returns the visited field as an `int32` or an `enum`. */
  int32(): number {
    return this.#low | 0;
  }

  /** Returns the visited field as an `int64`; digits beyond 2^53 are lost. */
  int64(): number {
    return (this.#high | 0) * 2 ** 32 + this.#low;
  }

  /** Returns the values of the visited field, a repeated `int64` or `int32` that may be packed; at most `limit` of them. */
  integers(limit: number): number[] {
    if (this.#wireType === WIRE_NUMBER) return [this.int64()];
    const values: number[] = [];
    const end = this.#end;
    while (this.#source.position < end && values.length < limit) {
      this.#readVarint();
      values.push(this.int64());
    }
    if (this.#source.position > end) throw new Error('a list of numbers in it ends too early');
    return values;
  }

  /** Returns the bytes of the visited field, valid until the next call. */
  bytes(): Uint8Array {
    return this.#source.bytes(this.length);
  }

  /** Returns the visited field as text. */
  text(): string {
    if (this.length > MAX_TEXT_BYTES) throw new Error(`a name in it has ${this.length} bytes`);
    try {
      return decoder.decode(this.bytes());
    } catch (cause) {
      if (cause instanceof TypeError) throw new Error('a name in it is not UTF-8', { cause });
      throw cause;
    }
  }

  #readFields(fields: MessageFields, end: number, visit: (field: number) => void): void {
    const source = this.#source;
    let seen = 0;
    while (source.position < end) {
      this.#readVarint();
      if (this.#high !== 0) throw new Error('a field in it has a number beyond 32 bits');
      const number = this.#low >>> 3;
      const wireType = this.#low & 7;
      if (number === 0) throw new Error('it has a field 0');
      const next = this.#readValue(number, wireType, end);
      const field = fields[number];
      if (field !== undefined) {
        const packed = field.repeated && wireType === WIRE_LENGTH;
        if (wireType !== wireTypes[field.type] && !packed) {
          throw new Error(`field ${number} has the unexpected wire type ${wireType}`);
        }
        if (!field.repeated) {
          const bit = 1 << (field.oneOf ? 0 : number);
          if ((seen & bit) !== 0) throw new Error(`field ${number} occurs twice`);
          seen |= bit;
        }
        if (wireType === WIRE_NUMBER && field.type !== 'int64') this.#checkInt32(number);
        visit(number);
      }
      source.position = next;
    }
    if (source.position !== end) throw new Error('a message in it ends too early');
  }

  /** Reads the value of a number, or the end of other values; returns the position of the next field. */
  #readValue(number: number, wireType: number, end: number): number {
    const source = this.#source;
    switch (wireType) {
      case WIRE_NUMBER:
        this.#readVarint();
        this.#end = source.position;
        break;
      case WIRE_LENGTH:
        this.#readVarint();
        if (this.#high !== 0 || this.#low > MAX_LENGTH) {
          throw new Error(`field ${number} is longer than its message`);
        }
        this.#end = source.position + this.#low;
        break;
      case WIRE_8_BYTES:
        this.#end = source.position + 8;
        break;
      case WIRE_4_BYTES:
        this.#end = source.position + 4;
        break;
      default:
        throw new Error(`field ${number} has the unknown wire type ${wireType}`);
    }
    if (this.#end > end) throw new Error(`field ${number} is longer than its message`);
    this.#wireType = wireType;
    return this.#end;
  }

  #checkInt32(number: number): void {
    const sign = (this.#low | 0) < 0 ? 0xffffffff : 0;
    if (this.#high !== sign) throw new Error(`field ${number} holds a number beyond 32 bits`);
  }

  #readVarint(): void {
    let low = 0;
    let high = 0;
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = this.#source.byte();
      const bits = byte & 0x7f;
      const shift = 7 * index;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high |= bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte >= 0x80) continue;
      if (byte === 0 && index > 0) throw new Error('a number in it is padded with zeros');
      if (index === MAX_VARINT_BYTES - 1 && byte > 1)
        throw new Error('a number in it is too large');
      this.#low = low >>> 0;
      this.#high = high >>> 0;
      return;
    }
    throw new Error('a number in it has no end');
  }
}

import { badRequest } from '../../protocol/json-body.ts';

/** Wire types of fields. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The longest varint: 64 bits in groups of seven. */
const MAX_VARINT_BYTES = 10;

/** Fields of one message, read in their order without copying any of their values. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  /** Number of the field that {@link next} found. */
  field = 0;
  /** Wire type of that field. */
  type = 0;
  /** Offset of the start of the field's value, behind its length if it has one. */
  start = 0;
  /** Offset of the end of the field's value. */
  end = 0;

  /** Reads `bytes` from `start` to `end`. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /**
   * Finds the next field; false at the end of the message.
   *
   * @throws ServingError `ERR_SERVING_BAD_REQUEST` for what isn't a message of protocol buffers.
   */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.#length();
    this.field = tag >>> 3;
    this.type = tag & 7;
    if (this.field === 0) throw undecodable('a field has the number 0');
    this.start = this.#at;
    if (this.type === wireTypes.varint) this.#at = endOfVarint(this.#bytes, this.#at, this.#end);
    else if (this.type === wireTypes.fixed64) this.#at += 8;
    else if (this.type === wireTypes.fixed32) this.#at += 4;
    else if (this.type === wireTypes.bytes) {
      const length = this.#length();
      this.start = this.#at;
      this.#at += length;
    } else throw undecodable(`wire type ${this.type} is not supported`);
    if (this.#at > this.#end) throw undecodable('it ends within a field');
    this.end = this.#at;
    return true;
  }

  /** Returns whether the field found is `field`, which must then be of the wire type `type`. */
  is(field: number, type: number): boolean {
    if (this.field !== field) return false;
    if (this.type === type) return true;
    throw undecodable(`field ${field} has wire type ${this.type} in place of ${type}`);
  }

  /** The value found, as a view. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(this.start, this.end);
  }

  /** The value found, as text. */
  text(): string {
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + this.start, this.end - this.start).toString();
  }

  /** The value found, as a reader of the message that it is. */
  message(): WireReader {
    return new WireReader(this.#bytes, this.start, this.end);
  }

  /** A varint that fits 32 bits: a tag or a length. */
  #length(): number {
    const end = endOfVarint(this.#bytes, this.#at, this.#end);
    const [low, high] = varintHalves(this.#bytes, this.#at);
    if (high !== 0) throw undecodable('a length is beyond 32 bits');
    this.#at = end;
    return low;
  }
}

function endOfVarint(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end, start + MAX_VARINT_BYTES);
  for (let index = start; index < last; index++) {
    if ((bytes[index] ?? 0) < 0x80) return index + 1;
  }
  throw undecodable(last === end ? 'it ends within a varint' : 'a varint is longer than 10 bytes');
}

/** Both halves of 64 bits of the varint at `start`, unsigned. */
function varintHalves(bytes: Uint8Array, start: number): [low: number, high: number] {
  let low = 0;
  let high = 0;
  for (let index = 0; index < MAX_VARINT_BYTES; index++) {
    const byte = bytes[start + index] ?? 0;
    const bits = byte & 0x7f;
    if (index < 4) low |= bits << (7 * index);
    else if (index === 4) {
      low |= bits << 28;
      high |= bits >>> 4;
    } else high |= bits << (7 * index - 32);
    if (byte < 0x80) break;
  }
  return [low >>> 0, high >>> 0];
}

/** The varint at `start` as a signed 64-bit integer. */
export function readVarint(bytes: Uint8Array, start: number): bigint {
  const [low, high] = varintHalves(bytes, start);
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
}

/**
 * Number of varints from `start` to `end`: bytes whose highest bit is clear, of which four are counted at once. Counting
 * ends soon after `most`.
 */
export function countVarints(
  bytes: Uint8Array,
  start: number,
  end: number,
  most = Infinity,
): number {
  let count = 0;
  let index = start;
  while (index < end && (bytes.byteOffset + index) % 4 !== 0) count += endsVarint(bytes, index++);
  const aligned = (end - index) >> 2;
  if (aligned > 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + index, aligned);
    let word = 0;
    while (word < aligned && count <= most) {
      const ends = (~(words[word++] ?? 0) & 0x80808080) >>> 7;
      count += Math.imul(ends, 0x01010101) >>> 24;
    }
    index += 4 * word;
  }
  while (index < end && count <= most) count += endsVarint(bytes, index++);
  return count;
}

function endsVarint(bytes: Uint8Array, index: number): 0 | 1 {
  return (bytes[index] ?? 0) < 0x80 ? 1 : 0;
}

/**
 * Reads the varints from `start` to `end` into `words`, the low half of each at `stride * index` and, where the stride is
 * 2, the high half behind it; returns the position behind the last one.
 *
 * In halves because a bigint for each element takes ten times as long.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` when the last one is cut off or one is too long.
 */
export function fillVarints(
  bytes: Uint8Array,
  [start, end]: readonly [start: number, end: number],
  words: Uint32Array,
  { at, stride }: { readonly at: number; readonly stride: 1 | 2 },
): number {
  let next = at;
  let index = start;
  while (index < end) {
    const byte = bytes[index] ?? 0;
    if (byte < 0x80) {
      // Most are small, and the storage is zeroed.
      words[next] = byte;
      index += 1;
    } else {
      const [low, high] = varintHalves(bytes, index);
      words[next] = low;
      if (stride === 2) words[next + 1] = high;
      index = endOfVarint(bytes, index, end);
    }
    next += stride;
  }
  return next;
}

/** The error for bytes that aren't the message they should be. */
export function undecodable(why: string): Error {
  return badRequest(`the message can't be decoded: ${why}`);
}

/** Position of a field in an encoded message. */
export interface FieldRange {
  readonly number: number;
  /** Start of its key. */
  readonly start: number;
  /** Start of its value, after the length if it has one. */
  readonly content: number;
  readonly end: number;
}

/** Yields the fields of the message in `bytes` from `start` to `end`, which has been checked. */
export function* fieldRanges(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): Generator<FieldRange, void> {
  let position = start;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[position++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (position < end) {
    const keyAt = position;
    const key = varint();
    const wireType = key % 8;
    let content = position;
    if (wireType === 0) varint();
    else if (wireType === 2) {
      const length = varint();
      content = position;
      position += length;
    } else position += wireType === 1 ? 8 : 4;
    yield { number: Math.floor(key / 8), start: keyAt, content, end: position };
  }
}

/** Encodes a field that is a message, a string or bytes. */
export function encodeField(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([encodeVarint(number * 8 + 2), encodeVarint(content.length), content]);
}

/** Encodes a field that is a number, up to 2^53. */
export function encodeNumber(number: number, value: number): Uint8Array {
  return Buffer.concat([encodeVarint(number * 8), encodeVarint(value)]);
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

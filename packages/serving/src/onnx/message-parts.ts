/** Bytes of one part: sending or receiving it takes the event loop a few milliseconds. */
const PART_BYTES = 512 * 1024;

const arrays = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
};
type ArrayName = keyof typeof arrays;

/** Stands for an array whose bytes were sent before. */
interface ArrayReference {
  readonly index: number;
  readonly array: ArrayName;
}

/** Some bytes of a large array, or the message itself, in which each large array is a {@link ArrayReference}. */
export type MessagePart =
  | {
      readonly index: number;
      readonly totalBytes: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly message: unknown };

/** Splits a message between processes, so that no part of it has many bytes; the message itself is the last part. */
export function* partsOf(message: unknown): Generator<MessagePart, void, undefined> {
  const large: Uint8Array[] = [];
  const head = mapValues(message, (value) => {
    if (!ArrayBuffer.isView(value) || value.byteLength <= PART_BYTES) return value;
    const name = Object.keys(arrays).find((each) => value instanceof arrays[each as ArrayName]);
    if (name === undefined) return value;
    large.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return { index: large.length - 1, array: name as ArrayName } satisfies ArrayReference;
  });
  for (const [index, each] of large.entries()) {
    for (let offset = 0; offset < each.length; offset += PART_BYTES) {
      const bytes = each.subarray(offset, offset + PART_BYTES);
      yield { index, totalBytes: each.length, offset, bytes };
    }
  }
  yield { message: head };
}

/** Creates a receiver that puts parts together, and calls `onMessage` with each message. */
export function joinParts(onMessage: (message: unknown) => void): (part: MessagePart) => void {
  let large: Uint8Array<ArrayBuffer>[] = [];
  return (part) => {
    if ('message' in part) {
      const received = large;
      large = [];
      onMessage(
        mapValues(part.message, (value) => {
          if (!isReference(value)) return value;
          const bytes = received[value.index];
          return bytes && new arrays[value.array](bytes.buffer);
        }),
      );
      return;
    }
    const { index, totalBytes, offset, bytes } = part;
    (large[index] ??= new Uint8Array(totalBytes)).set(bytes, offset);
  };
}

function isReference(value: unknown): value is ArrayReference {
  return typeof value === 'object' && value !== null && 'index' in value && 'array' in value;
}

/** A copy of plain objects and lists in which `map` replaced what it returned something else for. */
function mapValues(value: unknown, map: (value: unknown) => unknown): unknown {
  const mapped = map(value);
  if (mapped !== value || typeof value !== 'object' || value === null) return mapped;
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    // Shapes and names have no arrays in them.
    return typeof value[0] === 'object' ? value.map((each) => mapValues(each, map)) : value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, mapValues(each, map)]),
  );
}

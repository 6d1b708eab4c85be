import type { InferTensorContents } from './messages.ts';
import { contentFields, type ContentField } from './content-fields.ts';
import {
  countVarints,
  fillVarints,
  undecodable,
  wireTypes,
  type WireReader,
} from './wire-reader.ts';

type Span = readonly [start: number, end: number];
type Numbers = Exclude<keyof InferTensorContents, 'bytesContents' | 'boolContents'>;

const storages = {
  intContents: Int32Array,
  int64Contents: BigInt64Array,
  uintContents: Uint32Array,
  uint64Contents: BigUint64Array,
  fp32Contents: Float32Array,
  fp64Contents: Float64Array,
} as const satisfies Record<Numbers, unknown>;

/** Decodes the elements of one tensor; several messages of it are merged, as protocol buffers have it. */
export function readContents(
  bytes: Uint8Array,
  messages: readonly WireReader[],
): InferTensorContents {
  const spans = new Map<ContentField, Span[]>();
  for (const message of messages) {
    while (message.next()) {
      const known = contentFields[message.field];
      if (known === undefined) continue;
      checkType(known, message);
      const found = spans.get(known) ?? [];
      if (found.length === 0) spans.set(known, found);
      found.push([message.start, message.end]);
    }
  }
  return Object.fromEntries(
    [...spans].map(([field, found]) => [field.name, readElements(bytes, field, found)]),
  );
}

/** Packed, as proto3 writes it, or one element in a field; parsers must take both. */
function checkType({ name, elementBytes }: ContentField, { type, start, end }: WireReader): void {
  const single =
    elementBytes === 0
      ? wireTypes.varint
      : elementBytes === 4
        ? wireTypes.fixed32
        : wireTypes.fixed64;
  if (type !== wireTypes.bytes && (elementBytes === null || type !== single))
    throw undecodable(`${name} has wire type ${type}`);
  const broken = elementBytes !== null && elementBytes > 0 && (end - start) % elementBytes !== 0;
  if (broken) throw undecodable(`${name} ends within an element`);
}

function readElements(
  bytes: Uint8Array,
  { name, elementBytes }: ContentField,
  spans: readonly Span[],
): unknown {
  if (name === 'bytesContents') return spans.map(([start, end]) => bytes.subarray(start, end));
  if (elementBytes === null || elementBytes === 0) return readVarints(bytes, name, spans);
  const total = spans.reduce((sum, [start, end]) => sum + end - start, 0);
  const joined = new Uint8Array(total);
  let at = 0;
  for (const [start, end] of spans) {
    joined.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  return name === 'fp32Contents'
    ? new Float32Array(joined.buffer)
    : new Float64Array(joined.buffer);
}

function readVarints(
  bytes: Uint8Array,
  name: 'boolContents' | Numbers,
  spans: readonly Span[],
): unknown {
  const count = spans.reduce((sum, [start, end]) => sum + countVarints(bytes, start, end), 0);
  const isLong = name === 'boolContents' || name === 'int64Contents' || name === 'uint64Contents';
  const stride = isLong ? 2 : 1;
  const words = new Uint32Array(count * stride);
  let at = 0;
  for (const span of spans) {
    const last = bytes[span[1] - 1] ?? 0;
    if (last >= 0x80) throw undecodable(`${name} ends within a varint`);
    at = fillVarints(bytes, span, words, { at, stride });
  }
  if (name !== 'boolContents') return new storages[name](words.buffer);
  const flags = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    flags[index] = words[2 * index] === 0 && words[2 * index + 1] === 0 ? 0 : 1;
  }
  return flags;
}

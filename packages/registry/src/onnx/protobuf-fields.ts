import { PbfReader } from 'pbf';
import type { ByteWindow } from './byte-window.ts';

/** A field of a message that is walked over: `length` bytes from the window's position, or 0 for a number. */
export interface ProtobufField {
  readonly tag: number;
  /** Value of a field that is a number. */
  readonly value: number;
  /** Length of a field that is bytes, a text or a message; `undefined` for one that is a number. */
  readonly length: number | undefined;
}

async function varint(window: ByteWindow): Promise<number> {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = await window.byte();
    // Beyond 2^53 digits are lost; nothing that is read here is that large.
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw new Error('a number in it has no end');
}

/**
 * Yields the fields of the message that ends at `end`, without reading what they hold; whoever wants it reads it from the
 * window, else it is passed over.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export async function* walkFields(
  window: ByteWindow,
  end: number,
): AsyncGenerator<ProtobufField, void> {
  while (window.position < end) {
    const key = await varint(window);
    const tag = Math.floor(key / 8);
    if (tag === 0) throw new Error('it has a field 0');
    switch (key % 8) {
      case 0:
        yield { tag, value: await varint(window), length: undefined };
        break;
      case 1:
        window.position += 8;
        break;
      case 2: {
        const length = await varint(window);
        const next = window.position + length;
        if (next > end) throw new Error(`field ${tag} is longer than what holds it`);
        yield { tag, value: 0, length };
        window.position = next;
        break;
      }
      case 5:
        window.position += 4;
        break;
      default:
        throw new Error(`field ${tag} has the unknown wire type ${key % 8}`);
    }
  }
  if (window.position !== end) throw new Error('a message in it ends too early');
}

/** Reads the fields of the small message `bytes`; `visit` reads those that it wants. */
export function readSmall(
  bytes: Uint8Array,
  visit: (tag: number, reader: PbfReader) => void,
): void {
  readFields(new PbfReader(bytes), bytes.length, visit);
}

/** Reads the message that comes next in `reader`, which can't reach beyond its bytes. */
export function readNested(
  reader: PbfReader,
  visit: (tag: number, reader: PbfReader) => void,
): void {
  const length = reader.readVarint();
  const end = reader.pos + length;
  // Unchecked, the library would go on reading nothing for as long as the length claims.
  if (!(length >= 0 && end <= reader.length))
    throw new Error('a message in it is longer than what holds it');
  readFields(reader, end, visit);
}

function readFields(
  reader: PbfReader,
  end: number,
  visit: (tag: number, reader: PbfReader) => void,
): void {
  reader.readFields(
    (tag, _, each) => {
      visit(tag, each);
    },
    undefined,
    end,
  );
  if (reader.pos !== end) throw new Error('a message in it ends too early');
}

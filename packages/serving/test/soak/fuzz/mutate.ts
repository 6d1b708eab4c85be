import type { Random } from '../random.ts';
import type { FuzzInput } from './fuzz-input.ts';
import { EDGES } from './near-valid.ts';

const WORDS = [
  ...EDGES,
  '"inputs":',
  '"outputs":',
  '"name":"x"',
  '"data":',
  '"shape":',
  '"datatype":"FP32"',
  '"datatype":"BYTES"',
  '"parameters":{}',
  '"binary_data_size":',
  '"classification":2',
  '"instances":',
  '"dataframe_split":',
  '"dataframe_records":',
  '"columns":',
  '"__proto__":',
  '"constructor":',
  ',',
  ':',
  '[',
  ']',
  '{',
  '}',
  '"',
  '\\',
  '\\u',
  '\n',
  '\r\n',
  ' ',
  '\0',
  '\ufeff',
  '\u2028',
  'x'.repeat(300),
  '['.repeat(120),
  '9'.repeat(400),
];
const LENGTHS = ['0', '1', '-1', '4', '8', '100', '4294967295', '999999999999999', '1e3', '', ' 5'];
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'inference-header-content-length': LENGTHS,
  'content-type': [
    'application/json',
    'text/csv',
    'text/csv; charset=latin1',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    '',
    ';',
  ],
  'content-encoding': ['gzip', 'deflate', 'identity', 'br', ''],
  'request-timeout': ['1', '0', '-1', '0.000001', '999999999', '1e9', 'x'],
  'content-length': LENGTHS,
};
const INTERESTING = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x7b, 0x5b, 0x2c, 0xc3, 0xed, 0xf0];
const MOST_BYTES = 20_000;

/** Changes a request at one to four places, in ways that decoders are known to stumble over. */
export function mutate(input: FuzzInput, other: FuzzInput, random: Random): FuzzInput {
  let { method, path, body } = input;
  let headers = input.headers;
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const choice = random.below(20);
    if (choice === 0) {
      const name = random.pick(Object.keys(HEADERS));
      headers = { ...headers, [name]: random.pick(HEADERS[name] ?? ['']) };
    } else if (choice === 1) headers = shiftLength(headers, random);
    else if (choice === 2 && random.chance(0.3)) ({ path, method } = other);
    else if (choice === 3 && random.chance(0.2)) ({ headers } = other);
    else body = mutateBytes(body, other.body, random);
  }
  return { method, path, headers, body: body.subarray(0, MOST_BYTES) };
}

/** A length that is a little off reaches further than one that is absurd. */
function shiftLength(headers: FuzzInput['headers'], random: Random): FuzzInput['headers'] {
  const name = 'inference-header-content-length';
  const length = Number(headers[name] ?? 0) + random.pick([-4, -1, 1, 4]);
  return { ...headers, [name]: String(length) };
}

function mutateBytes(body: Buffer, other: Buffer, random: Random): Buffer {
  const at = random.below(body.length + 1);
  const end = Math.min(body.length, at + 1 + random.below(random.pick([2, 8, 64])));
  const [before, part, after] = [body.subarray(0, at), body.subarray(at, end), body.subarray(end)];
  switch (random.below(8)) {
    case 0: {
      const changed = Buffer.from(body);
      if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
      return changed;
    }
    case 1:
      return Buffer.concat([
        before,
        Buffer.from([random.pick(INTERESTING)]),
        body.subarray(at + 1),
      ]);
    case 2:
      return Buffer.concat([before, Buffer.from(random.pick(WORDS)), body.subarray(at)]);
    case 3:
      return Buffer.concat([before, after]);
    case 4:
      return Buffer.concat([
        before,
        ...Array.from({ length: 1 + random.below(8) }, () => part),
        body.subarray(at),
      ]);
    case 5: {
      const from = random.below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + 1 + random.below(64)), after]);
    }
    case 6: {
      // As a length in binary: four bytes, little-endian.
      const length = Buffer.alloc(4);
      length.writeUInt32LE(random.pick([0, 1, 255, 65536, 2 ** 31, 2 ** 32 - 1]));
      return Buffer.concat([before, length, body.subarray(at + 4)]);
    }
    default:
      return replaceNumber(body, at, random);
  }
}

/** Puts an edge in place of the next number. */
function replaceNumber(body: Buffer, from: number, random: Random): Buffer {
  let start = from;
  while (start < body.length && !isDigit(body[start])) start += 1;
  let end = start;
  while (end < body.length && isDigit(body[end])) end += 1;
  return Buffer.concat([
    body.subarray(0, start),
    Buffer.from(random.pick(EDGES)),
    body.subarray(end),
  ]);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

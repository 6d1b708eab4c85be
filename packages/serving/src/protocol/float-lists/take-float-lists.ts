import { isUtf8 } from 'node:buffer';
import { floatScanner } from './float-scanner.ts';

/** JSON text without the elements of its lists of numbers, and these lists. */
export interface TextWithoutLists {
  /** The text with `[]` in place of each list. */
  readonly text: string;
  /** In the order of the text; parts of memory that the next call overwrites. */
  readonly lists: readonly Float32Array[];
}

const KEY = Buffer.from('"data"');
const FP32 = Buffer.from('"FP32"');
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
/** JSON.parse is as fast for less. */
const MIN_BYTES = 512;
/** The scanner's memory takes three times the text, and keeps it. */
const MAX_BYTES = 4_194_304;

/**
 * Reads each `"data": [ … ]` of a request in JSON straight from its bytes, as binary32.
 *
 * Returns undefined where that can't be done, or isn't faster: JSON.parse decides then. The text wasn't checked otherwise, and
 * whether each list belongs to an input of datatype FP32 is for the caller to find out.
 */
export function takeFloatLists(json: Buffer): TextWithoutLists | undefined {
  if (json.length < MIN_BYTES || json.length > MAX_BYTES || !json.includes(FP32)) return undefined;
  // An escape may spell a key in another way.
  if (json.includes(BACKSLASH) || !isUtf8(json)) return undefined;
  let key = json.indexOf(KEY);
  if (key === -1) return undefined;
  floatScanner.open(json);
  const lists: Float32Array[] = [];
  let text = '';
  let from = 0;
  while (key !== -1) {
    const behind = skipSpace(json, key + KEY.length);
    if (json[behind] === COLON) {
      const bracket = skipSpace(json, behind + 1);
      const list = json[bracket] === OPEN_BRACKET ? floatScanner.read(bracket + 1) : undefined;
      if (list === undefined) return undefined;
      lists.push(list);
      text += `${json.toString('utf8', from, bracket)}[]`;
      from = floatScanner.position;
    }
    // Else it is the name of an input.
    key = json.indexOf(KEY, Math.max(from, behind));
  }
  return { text: text + json.toString('utf8', from), lists };
}

function skipSpace(json: Buffer, start: number): number {
  let index = start;
  for (;;) {
    const byte = json[index];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return index;
    index += 1;
  }
}

import { refusal } from '../errors/serving-error.ts';
import { badRequest } from './json-body.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Limits of one JSON text: each element makes objects in memory, some of which take a hundred times their text. */
export const jsonBudget = {
  /** Values of lists and objects: as many as 16 MiB of FP32 hold. */
  values: 4_194_304,
  lists: 1_048_576,
  objects: 262_144,
  /** Keys of all objects together. */
  keys: 262_144,
  strings: 524_288,
} as const;

/**
 * Rejects JSON text that nests deeper than `maxDepth` or holds more than the {@link jsonBudget}, without parsing it.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE` naming the limit, `ERR_SERVING_BAD_REQUEST` for the depth.
 */
export function checkJsonBudget(json: Uint8Array, maxDepth: number): void {
  let depth = 0;
  let commas = 0;
  let colons = 0;
  let lists = 0;
  let objects = 0;
  let strings = 0;
  const end = json.length;
  for (let index = 0; index < end; index++) {
    const byte = json[index] ?? 0;
    // Digits, points, letters and white space: most of a large text.
    if (byte < QUOTE || (byte > COMMA && byte < COLON)) continue;
    switch (byte) {
      case COMMA:
        commas += 1;
        break;
      case QUOTE:
        strings += 1;
        if (strings > jsonBudget.strings) throw tooMany('strings');
        index = endOfString(json, index + 1);
        break;
      case COLON:
        colons += 1;
        if (colons > jsonBudget.keys) throw tooMany('keys');
        break;
      case OPEN_BRACKET:
        lists += 1;
        depth += 1;
        if (lists > jsonBudget.lists) throw tooMany('lists');
        if (depth > maxDepth) throw tooDeep(maxDepth);
        break;
      case OPEN_BRACE:
        objects += 1;
        depth += 1;
        if (objects > jsonBudget.objects) throw tooMany('objects');
        if (depth > maxDepth) throw tooDeep(maxDepth);
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth -= 1;
        break;
    }
  }
  if (commas > jsonBudget.values) throw tooMany('values');
}

function endOfString(json: Uint8Array, start: number): number {
  let index = start;
  const end = json.length;
  while (index < end) {
    const byte = json[index];
    if (byte === QUOTE) return index;
    index += byte === BACKSLASH ? 2 : 1;
  }
  return index;
}

function tooMany(what: keyof typeof jsonBudget): Error {
  return refusal(
    'ERR_SERVING_BODY_TOO_LARGE',
    `the JSON has more than ${jsonBudget[what]} ${what}, the limit; send fewer rows at once, or binary tensors where the protocol has them`,
  );
}

function tooDeep(maxDepth: number): Error {
  return badRequest(`the JSON nests deeper than ${maxDepth}`);
}

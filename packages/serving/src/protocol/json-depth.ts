const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Returns whether JSON text nests deeper than `limit`, found without parsing it. */
export function nestsDeeperThan(limit: number, json: Buffer): boolean {
  // Most texts hold too few brackets to nest so deep, which is found without looking at each byte.
  const budget = limit - countUpTo(limit + 1, json, OPEN_BRACKET);
  if (budget >= 0 && countUpTo(budget + 1, json, OPEN_BRACE) <= budget) return false;
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const byte = json[index];
    if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      depth -= 1;
    } else if (byte === QUOTE) {
      index = endOfString(json, index + 1);
    }
  }
  return false;
}

function countUpTo(most: number, json: Buffer, byte: number): number {
  let count = 0;
  let index = json.indexOf(byte);
  while (index !== -1 && count < most) {
    count += 1;
    index = json.indexOf(byte, index + 1);
  }
  return count;
}

function endOfString(json: Uint8Array, start: number): number {
  let index = start;
  while (index < json.length && json[index] !== QUOTE) index += json[index] === BACKSLASH ? 2 : 1;
  return index;
}

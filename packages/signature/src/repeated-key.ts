/**
 * Finds the first key that occurs twice in an object of `text`, where `value` is the result of `JSON.parse(text)`; undefined if
 * there is none.
 *
 * A repeated member is overwritten in `value`, so `value` has fewer keys than the text has colons. If both counts are equal,
 * no key is repeated; counting costs one search for a byte and a visit of the few objects. Only a text in which the counts
 * differ, because of a repeated key or a colon inside a string, is read token by token; so is a text with escapes, whose
 * keys V8 doesn't always read correctly: after `{"b":1,"\\":2}` version 13.6 takes the key of `{"b":1,"\u0062":2}` that
 * is spelled `"\u0062"` for a backslash.
 */
export function findRepeatedKey(text: string, value: unknown): string | undefined {
  if (!text.includes('\\') && holdsKeys(value, countColons(text))) return undefined;
  return scanForRepeatedKey(text);
}

function countColons(text: string): number {
  let count = 0;
  for (let index = text.indexOf(':'); index !== -1; index = text.indexOf(':', index + 1)) {
    count += 1;
  }
  return count;
}

/** Returns whether all objects in `value` together have `wanted` keys. */
function holdsKeys(value: unknown, wanted: number): boolean {
  let missing = wanted;
  if (missing === 0) return true;
  // Breadth first: the keys of a request are at a lower depth than its long lists of numbers, which then needn't be visited.
  let level: unknown[] = [value];
  while (level.length > 0) {
    const next: unknown[] = [];
    for (const each of level) {
      if (Array.isArray(each)) {
        for (const element of each as readonly unknown[]) {
          if (typeof element === 'object' && element !== null) next.push(element);
        }
      } else if (typeof each === 'object' && each !== null) {
        for (const key in each) {
          missing -= 1;
          const inner = (each as Record<string, unknown>)[key];
          if (typeof inner === 'object' && inner !== null) next.push(inner);
        }
        if (missing === 0) return true;
      }
    }
    level = next;
  }
  return false;
}

/** Reads only strings and braces, which decide on keys. */
function scanForRepeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  const quotes = new Finder(text, '"');
  const starts = new Finder(text, '{');
  const ends = new Finder(text, '}');
  let position = 0;
  for (;;) {
    const quote = quotes.from(position);
    const start = starts.from(position);
    const end = ends.from(position);
    const nearest = Math.min(quote, start, end);
    if (nearest === Infinity) return undefined;
    position = nearest + 1;
    if (nearest === start) open.push(new Set());
    else if (nearest === end) open.pop();
    else {
      const close = endOfString(text, position);
      const raw = text.slice(position, close);
      position = close + 1;
      if (!isFollowedByColon(text, position)) continue;
      const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
  }
}

/** Finds a character from increasing positions, and searches each part of the text once. */
class Finder {
  readonly #text: string;
  readonly #character: string;
  #found = -1;

  constructor(text: string, character: string) {
    this.#text = text;
    this.#character = character;
  }

  from(position: number): number {
    if (this.#found < position) {
      const index = this.#text.indexOf(this.#character, position);
      this.#found = index === -1 ? Infinity : index;
    }
    return this.#found;
  }
}

function endOfString(text: string, start: number): number {
  let index = text.indexOf('"', start);
  while (index !== -1 && isEscaped(text, index)) index = text.indexOf('"', index + 1);
  return index === -1 ? text.length : index;
}

function isEscaped(text: string, index: number): boolean {
  let before = index - 1;
  while (text[before] === '\\') before -= 1;
  return (index - before) % 2 === 0;
}

function isFollowedByColon(text: string, start: number): boolean {
  let index = start;
  while (
    text[index] === ' ' ||
    text[index] === '\n' ||
    text[index] === '\r' ||
    text[index] === '\t'
  )
    index += 1;
  return text[index] === ':';
}

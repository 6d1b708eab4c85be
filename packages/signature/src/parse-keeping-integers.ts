/** Every integer of that many digits is exact as a number. */
const SAFE_DIGITS = 15;
/** Sign and 20 digits of 2^64: a longer integer is out of range, and is rejected even if it isn't exact. */
const LONGEST_INTEGER = 21;

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Parses text that `JSON.parse` has accepted, with integers beyond ±2^53 as `bigint` if they have at most 20 digits.
 *
 * A reviver that reads the source of each number is slower: it is called for every value, which takes 250 ms for a megabyte
 * of short numbers, and as long again for one integer of a million digits.
 */
export function parseKeepingIntegers(json: string): unknown {
  return new Reader(json).value();
}

/** A list or an object that isn't closed yet. */
type Container =
  | { readonly list: unknown[]; readonly object?: undefined }
  | { readonly list?: undefined; readonly object: Record<string, unknown>; key: string };

function add(container: Container, value: unknown): void {
  if (container.list !== undefined) {
    container.list.push(value);
    return;
  }
  const { object, key } = container;
  if (key !== '__proto__') object[key] = value;
  else {
    const ordinary = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(object, key, ordinary);
  }
}

class Reader {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  value(): unknown {
    // Not the stack of calls, which deeply nested text would overflow.
    const open: Container[] = [];
    let inner: Container | undefined;
    for (;;) {
      let value: unknown;
      const code = this.#next();
      if (code === OPEN_BRACKET || code === OPEN_BRACE) {
        this.#at += 1;
        const container: Container = code === OPEN_BRACKET ? { list: [] } : { object: {}, key: '' };
        const end = this.#next();
        if (end !== CLOSE_BRACKET && end !== CLOSE_BRACE) {
          open.push(container);
          inner = container;
          this.#readKey(inner);
          continue;
        }
        this.#at += 1;
        value = container.list ?? container.object;
      } else value = this.#scalar(code);

      for (;;) {
        if (inner === undefined) return value;
        add(inner, value);
        const separator = this.#next();
        this.#at += 1;
        if (separator === COMMA) break;
        value = inner.list ?? inner.object;
        open.pop();
        inner = open.at(-1);
      }
      this.#readKey(inner);
    }
  }

  /** Reads the key of the next value, if it is one of an object. */
  #readKey(container: Container): void {
    if (container.object === undefined) return;
    this.#next();
    container.key = this.#string();
    this.#next();
    this.#at += 1;
  }

  #scalar(code: number): unknown {
    switch (code) {
      case QUOTE:
        return this.#string();
      case 0x74:
        this.#at += 4;
        return true;
      case 0x66:
        this.#at += 5;
        return false;
      case 0x6e:
        this.#at += 4;
        return null;
      default:
        return this.#number();
    }
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    let code: number;
    while ((code = this.#json.charCodeAt(++this.#at)) !== QUOTE) {
      if (code !== 0x5c) continue;
      escaped = true;
      this.#at += 1;
    }
    this.#at += 1;
    return escaped
      ? (JSON.parse(this.#json.slice(start, this.#at)) as string)
      : this.#json.slice(start + 1, this.#at - 1);
  }

  #number(): number | bigint {
    const json = this.#json;
    const start = this.#at;
    const negative = json.charCodeAt(start) === MINUS;
    let whole = 0;
    let code = json.charCodeAt(negative ? ++this.#at : start);
    while (code >= ZERO && code <= NINE) {
      whole = 10 * whole + code - ZERO;
      code = json.charCodeAt(++this.#at);
    }
    const isInteger = code !== 0x2e && code !== 0x65 && code !== 0x45;
    if (isInteger && this.#at - start <= SAFE_DIGITS) return negative ? -whole : whole;
    while (!isEndOfNumber(code)) code = json.charCodeAt(++this.#at);
    const text = json.slice(start, this.#at);
    const number = Number(text);
    const exact = !isInteger || Number.isSafeInteger(number) || text.length > LONGEST_INTEGER;
    return exact ? number : BigInt(text);
  }

  /** Returns the next character that isn't white space. */
  #next(): number {
    let code = this.#json.charCodeAt(this.#at);
    while (code <= 0x20) code = this.#json.charCodeAt(++this.#at);
    return code;
  }
}

/** Returns whether a character ends a number: a comma, a bracket, a brace, white space, or the end of the text. */
function isEndOfNumber(code: number): boolean {
  return !(code > 0x20 && code !== COMMA && code !== CLOSE_BRACKET && code !== CLOSE_BRACE);
}

import { describeValue } from '@fairlead/signature';
import { WindowsError, type WindowsErrorCode } from '../windows-error.ts';

/** Largest text of a name, category or identifier in a document, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 512;

/** Object of a JSON document whose members are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Integers that a document may hold. */
export interface IntegerLimits {
  readonly min?: number;
  readonly max?: number;
}

/** Reads the values of one JSON document; a message names the document, the position of the value and what was expected. */
export class DocumentChecks {
  readonly #code: WindowsErrorCode;
  readonly #name: string;

  /** @param name - name of the document in messages, such as `baseline.json` */
  constructor(code: WindowsErrorCode, name: string) {
    this.#code = code;
    this.#name = name;
  }

  /** Parses a text of at most `maxBytes` bytes as an object. */
  parse(text: string | Uint8Array, maxBytes: number): JsonObject {
    if (text.length > maxBytes) {
      throw this.#error(`it has more than ${maxBytes} bytes, which is the limit`);
    }
    let value: unknown;
    try {
      const decoded = typeof text === 'string' ? text : decoder.decode(text);
      value = JSON.parse(decoded);
    } catch (cause) {
      throw this.#error('it is not JSON in UTF-8', cause);
    }
    return this.object(value, 'the document');
  }

  object(value: unknown, path: string): JsonObject {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
    throw this.wrong(path, 'an object', value);
  }

  /** Reads a list; a missing one is empty. */
  list(value: unknown, path: string, maxLength: number): readonly unknown[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.wrong(path, 'a list', value);
    if (value.length <= maxLength) return value;
    throw this.#error(`${path} has ${value.length} elements; the limit is ${maxLength}`);
  }

  integer(
    value: unknown,
    path: string,
    { min = 0, max = 2 ** 53 - 1 }: IntegerLimits = {},
  ): number {
    if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) {
      return Number(value);
    }
    throw this.wrong(path, `an integer from ${min} to ${max}`, value);
  }

  /** Reads a count; a missing one is 0. */
  count(value: unknown, path: string): number {
    return value === undefined ? 0 : this.integer(value, path);
  }

  number(value: unknown, path: string): number {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.wrong(path, 'a finite number', value);
  }

  text(value: unknown, path: string): string {
    if (typeof value !== 'string') throw this.wrong(path, 'a text', value);
    if (value.length <= MAX_TEXT_LENGTH) return value;
    throw this.#error(`${path} has ${value.length} characters; the limit is ${MAX_TEXT_LENGTH}`);
  }

  /** Reads one of the given texts. */
  oneOf<T extends string>(value: unknown, path: string, names: readonly T[]): T {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    throw this.wrong(path, names.map((name) => `"${name}"`).join(' or '), value);
  }

  /** Rejects numbers that don't ascend. */
  ascending(values: readonly number[], path: string): void {
    const at = values.findIndex((value, index) => index > 0 && !(value > (values[index - 1] ?? 0)));
    if (at === -1) return;
    throw this.wrong(`${path}[${at}]`, `a number above ${values[at - 1] ?? ''}`, values[at]);
  }

  /** Rejects texts that repeat. */
  distinct(values: readonly string[], path: string): void {
    const seen = new Set<string>();
    for (const value of values) {
      if (seen.has(value)) throw this.#error(`${path} has ${describeValue(value)} twice`);
      seen.add(value);
    }
  }

  wrong(path: string, expected: string, value: unknown): WindowsError {
    return this.#error(`${path} must be ${expected}, got ${describeValue(value)}`);
  }

  #error(problem: string, cause?: unknown): WindowsError {
    return new WindowsError(this.#code, `${this.#name}: ${problem}.`, { cause });
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

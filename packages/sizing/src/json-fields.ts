import { describeValue } from '@fairlead/signature';
import { SizingError, type SizingErrorCode } from './sizing-error.ts';

/** Reads fields of parsed JSON; each method throws an error that names the field and its value. */
export class JsonFields {
  readonly #code: SizingErrorCode;
  readonly #what: string;
  readonly #fix: string;

  constructor(code: SizingErrorCode, what: string, fix: string) {
    this.#code = code;
    this.#what = what;
    this.#fix = fix;
  }

  parse(text: string): Readonly<Record<string, unknown>> {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (cause) {
      throw this.invalid(`the file is not JSON: ${cause instanceof Error ? cause.message : ''}`);
    }
    return this.record(parsed, 'the file');
  }

  record(value: unknown, name: string): Readonly<Record<string, unknown>> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
    throw this.#wrong(name, value, 'an object');
  }

  list(value: unknown, name: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.#wrong(name, value, 'an array');
  }

  text(value: unknown, name: string): string {
    if (typeof value === 'string' && value !== '') return value;
    throw this.#wrong(name, value, 'a text');
  }

  /** Reads a number of at least `min`; without it, above 0. */
  number(value: unknown, name: string, min?: number): number {
    const fits = typeof value === 'number' && Number.isFinite(value);
    if (fits && (min === undefined ? value > 0 : value >= min)) return value;
    throw this.#wrong(name, value, `a number ${min === undefined ? 'above 0' : `from ${min} on`}`);
  }

  invalid(problem: string): SizingError {
    return new SizingError(this.#code, `${this.#what} can't be used: ${problem}. ${this.#fix}`);
  }

  #wrong(name: string, value: unknown, expected: string): SizingError {
    return this.invalid(`${name} is ${describeValue(value)}, expected ${expected}`);
  }
}

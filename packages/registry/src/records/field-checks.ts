import { describeValue } from '@fairlead/signature';
import { isLosslessJson } from './json-value.ts';

// Small checks in place of a schema library for the records that every command reads. Loading zod takes a third of the time of
// `fairlead model list`; loading valibot 1.5.0 takes 5 ms, or 0.15 of the start of Node, for eight kinds of checks, and a missing
// field would still need a custom message. Manifests, which only some commands read, have a zod schema
// (`versions/manifest-record.ts`).

/** Describes what is wrong with a value, as `field: problem`; undefined if nothing is. */
export type FieldCheck = (value: unknown, field?: string) => string | undefined;

/** A check for each field of an object; the compiler rejects a missing field. */
export type ObjectFields<T> = {
  readonly [K in keyof T]-?: FieldCheck;
};

const SHA256 = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z$/;

/** A string of at least one character. */
export const text = check('a text', (value) => typeof value === 'string' && value !== '');
/** A string, also an empty one. */
export const string = check('a string', (value) => typeof value === 'string');
export const boolean = check('true or false', (value) => typeof value === 'boolean');
/** A SHA-256. */
export const sha256 = matching(SHA256, '64 lower-case hexadecimal digits');
/** A number of a record or a version. */
export const number = check('an integer from 1 up', (value) => isInteger(value, 1));
/** A count of bytes or records. */
export const count = check('an integer from 0 up', (value) => isInteger(value, 0));
/** A time: ISO 8601, UTC. */
export const time = check('an ISO 8601 time that ends in Z', isTime);
/** JSON; integers beyond ±2^53 may be `bigint`. */
export const json = check('JSON: finite numbers, nested at most 100 deep', (value) =>
  isLosslessJson(value),
);

/** A string that matches `pattern`, which `expected` describes. */
export function matching(pattern: RegExp, expected: string): FieldCheck {
  return check(expected, (value) => typeof value === 'string' && pattern.test(value));
}

/** One of `values`. */
export function oneOf(...values: readonly (string | number)[]): FieldCheck {
  const known: readonly unknown[] = values;
  return check(values.map((value) => JSON.stringify(value)).join(' or '), (value) =>
    known.includes(value),
  );
}

/** A field that may be missing. */
export function optional(of: FieldCheck): FieldCheck {
  return (value, field) => (value === undefined ? undefined : of(value, field));
}

export function nullable(of: FieldCheck): FieldCheck {
  return (value, field) => (value === null ? undefined : of(value, field));
}

export function list(of: FieldCheck): FieldCheck {
  return (value, field) => {
    if (!Array.isArray(value)) return problem(field, 'a list', value);
    return first(value.entries(), (index, each) => of(each, `${field ?? ''}[${index}]`));
  };
}

/** An object of any keys. */
export function map(of: FieldCheck): FieldCheck {
  return (value, field) => {
    if (!isObject(value)) return problem(field, 'an object', value);
    return first(Object.entries(value), (key, each) => of(each, below(field, key)));
  };
}

/** An object with `fields`, and any others. */
export function object<T>(fields: ObjectFields<T>): FieldCheck {
  const checks = Object.entries<FieldCheck>(fields);
  return (value, field) => {
    if (!isObject(value)) return problem(field, 'an object', value);
    return first(checks, (key, of) => of(value[key], below(field, key)));
  };
}

function check(expected: string, passes: (value: unknown) => boolean): FieldCheck {
  return (value, field) => (passes(value) ? undefined : problem(field, expected, value));
}

function problem(field: string | undefined, expected: string, value: unknown): string {
  const got = value === undefined ? 'it is missing' : `got ${describeValue(value)}`;
  return `${field === undefined ? '' : `${field}: `}expected ${expected}, ${got}`;
}

function first<K, V>(
  entries: Iterable<readonly [K, V]>,
  problemOf: (key: K, value: V) => string | undefined,
): string | undefined {
  for (const [key, value] of entries) {
    const found = problemOf(key, value);
    if (found !== undefined) return found;
  }
  return undefined;
}

const below = (field: string | undefined, key: string): string =>
  field === undefined ? key : `${field}.${key}`;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown, min: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min;
}

function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || !TIME.test(value)) return false;
  const ms = Date.parse(value);
  // Node takes 30 February for 2 March.
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === value.slice(0, 10);
}

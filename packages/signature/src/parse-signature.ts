import { datatypes, isDatatype } from './datatype.ts';
import type { FeatureSpec, Signature, TensorSpec, ValueSpec } from './signature.ts';
import { show, SignatureError } from './signature-error.ts';

/**
 * Checks that `value` (such as parsed JSON) is a valid signature without contradictions.
 *
 * Returns `value` itself, with its unknown fields.
 *
 * @throws SignatureError `ERR_SIGNATURE_INVALID` naming the field, the expected and the found value.
 *
 * @example
 * ```ts
 * import { parseSignature } from '@fairlead/signature';
 *
 * const text = '{"inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"outputs":[]}';
 * console.log(parseSignature(JSON.parse(text)).inputs[0]?.shape); // [ -1, 4 ]
 * ```
 */
export function parseSignature(value: unknown): Signature {
  const { inputs, outputs } = object('the signature', value);
  parseTensorSpecs('inputs', inputs);
  parseTensorSpecs('outputs', outputs);
  return value as Signature;
}

function fail(place: string, expected: string, found: unknown): never {
  throw new SignatureError(
    'ERR_SIGNATURE_INVALID',
    `signature is invalid: ${place}: expected ${expected}, found ${show(found)}`,
  );
}

function object(place: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  return fail(place, 'an object', value);
}

function array(place: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : fail(place, 'a list', value);
}

function distinctNames(place: string, specs: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of specs) {
    if (seen.has(name)) fail(place, 'distinct names', name);
    seen.add(name);
  }
}

function parseTensorSpecs(place: string, value: unknown): void {
  const specs = array(place, value);
  specs.forEach((spec, index) => {
    parseTensorSpec(`${place}[${index}]`, object(`${place}[${index}]`, spec));
  });
  distinctNames(place, specs as readonly TensorSpec[]);
}

function parseTensorSpec(place: string, spec: Record<string, unknown>): void {
  const { datatype, shape, features } = spec;
  parseName(place, spec.name);
  if (!isDatatype(datatype)) {
    fail(`${place}.datatype`, `one of ${Object.keys(datatypes).join(', ')}`, datatype);
  }
  const lengths = array(`${place}.shape`, shape);
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || (length as number) < -1) {
      fail(`${place}.shape`, 'whole numbers from 0, or -1 where the length varies', length);
    }
  }
  parseDimensions(`${place}.dimensions`, spec.dimensions, lengths.length);
  parseValueSpec(place, spec, datatype === 'BYTES');
  if (features === undefined) return;
  const last = lengths.at(-1);
  const list = array(`${place}.features`, features);
  if (list.length !== last)
    fail(`${place}.features`, `${show(last)} features, as the last dimension is long`, features);
  list.forEach((feature, index) => {
    const inside = `${place}.features[${index}]`;
    const fields = object(inside, feature);
    parseName(inside, fields.name);
    parseValueSpec(inside, fields, datatype === 'BYTES');
  });
  distinctNames(`${place}.features`, list as readonly FeatureSpec[]);
}

function parseDimensions(place: string, value: unknown, rank: number): void {
  if (value === undefined) return;
  const names = array(place, value);
  if (names.length !== rank) fail(place, `${rank} names, one for each dimension`, names);
  for (const name of names) {
    if (name !== null && (typeof name !== 'string' || name === '')) {
      fail(place, 'names that are not empty, or null', name);
    }
  }
}

function parseName(place: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') {
    fail(`${place}.name`, 'a string that is not empty', name);
  }
}

function parseValueSpec(
  place: string,
  spec: { readonly [K in keyof ValueSpec]: unknown },
  text: boolean,
): void {
  for (const field of ['description', 'units'] as const) {
    const value = spec[field];
    if (value !== undefined && typeof value !== 'string')
      fail(`${place}.${field}`, 'a string', value);
  }
  if (spec.sensitive !== undefined && typeof spec.sensitive !== 'boolean') {
    fail(`${place}.sensitive`, 'true or false', spec.sensitive);
  }
  if (spec.range !== undefined) {
    if (text) fail(`${place}.range`, 'no range for BYTES; use categories', spec.range);
    const { min, max } = object(`${place}.range`, spec.range);
    for (const [side, bound] of Object.entries({ min, max })) {
      if (bound !== undefined && !Number.isFinite(bound)) {
        fail(`${place}.range.${side}`, 'a finite number', bound);
      }
    }
    if (typeof min === 'number' && typeof max === 'number' && min > max) {
      fail(`${place}.range`, `min at most max (${max})`, min);
    }
  }
  if (spec.categories === undefined) return;
  const categories = array(`${place}.categories`, spec.categories);
  if (categories.length === 0) fail(`${place}.categories`, 'at least one category', categories);
  const kind = text ? 'string' : 'number';
  for (const category of categories) {
    if (typeof category !== kind) fail(`${place}.categories`, `${kind}s`, category);
  }
}

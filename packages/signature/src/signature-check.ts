import { datatypes } from './datatype.ts';
import { float16ToNumber } from './float16.ts';
import { parseSignature } from './parse-signature.ts';
import { createDimensionsCheck } from './shared-dimensions.ts';
import type { TensorSpec, ValueSpec } from './signature.ts';
import { show, SignatureError, type TensorProblem } from './signature-error.ts';
import { elementCount, type Tensor } from './tensor.ts';
import type { ValueTest } from './value-bounds.ts';
import { createValueScan } from './value-scan.ts';

/** Throws unless `tensors` are exactly those of a signature. */
export type SignatureCheck = (tensors: readonly Tensor[]) => void;

type Problem = Omit<TensorProblem, 'tensor'>;

/**
 * Creates a check of tensors against `specs`, the inputs or the outputs of a signature.
 *
 * The check compares names, datatypes, shapes and element counts, and value ranges, categories and shared dimensions where
 * the specs have them.
 *
 * @throws SignatureError `ERR_SIGNATURE_INVALID` immediately for contradictory `specs`; the check throws
 * `ERR_SIGNATURE_MISMATCH` with all problems.
 *
 * @example
 * ```ts
 * import { createSignatureCheck, SignatureError } from '@fairlead/signature';
 *
 * const age = { name: 'age', datatype: 'INT32', shape: [-1], range: { min: 0, max: 130 } } as const;
 * const check = createSignatureCheck([age]);
 * check([{ name: 'age', datatype: 'INT32', shape: [2], data: Int32Array.of(41, 42) }]);
 * try {
 *   check([{ name: 'age', datatype: 'INT32', shape: [1], data: Int32Array.of(200) }]);
 * } catch (error) {
 *   if (!(error instanceof SignatureError)) throw error;
 *   console.log(error.problems[0]?.expected); // values from 0 to 130
 * }
 * ```
 */
export function createSignatureCheck(specs: readonly TensorSpec[]): SignatureCheck {
  parseSignature({ inputs: specs, outputs: [] });
  const checks = new Map(specs.map((spec) => [spec.name, createTensorCheck(spec)]));
  const checkDimensions = createDimensionsCheck(specs);

  return function checkSignature(tensors) {
    const problems: TensorProblem[] = [];
    const seen = new Set<string>();
    for (const tensor of tensors) {
      const check = checks.get(tensor.name);
      let problem: Problem | undefined;
      if (seen.has(tensor.name)) problem = { expected: 'each tensor once', found: 'it again' };
      else if (check === undefined) {
        problem = { expected: `only ${list([...checks.keys()])}`, found: 'this tensor as well' };
      } else problem = check(tensor);
      seen.add(tensor.name);
      if (problem) problems.push({ tensor: tensor.name, ...problem });
    }
    for (const { name, datatype, shape } of specs) {
      if (seen.has(name)) continue;
      const expected = `${datatype} of shape ${showShape(shape)}`;
      problems.push({ tensor: name, expected, found: 'no such tensor' });
    }
    if (problems.length === 0 && checkDimensions !== undefined) {
      problems.push(...checkDimensions(tensors));
    }
    if (problems.length === 0) return;
    throw new SignatureError('ERR_SIGNATURE_MISMATCH', describe(problems), { problems });
  };
}

/** A request may contain thousands of tensors that the model doesn't have. */
const MAX_REPORTED = 10;

function describe(problems: readonly TensorProblem[]): string {
  const reported = problems
    .slice(0, MAX_REPORTED)
    .map(
      ({ tensor, expected, found }) => `tensor "${tensor}": expected ${expected}, found ${found}`,
    );
  const more = problems.length - reported.length;
  return [...reported, ...(more > 0 ? [`and ${more} more problems`] : [])].join('; ');
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'no tensors' : names.map((name) => `"${name}"`).join(', ');
}

function createTensorCheck(spec: TensorSpec): (tensor: Tensor) => Problem | undefined {
  const checkValues = createValuesCheck(spec);
  return (tensor) => {
    if (tensor.datatype !== spec.datatype) {
      return { expected: `datatype ${spec.datatype}`, found: tensor.datatype };
    }
    if (!fitsShape(tensor.shape, spec.shape)) {
      const expected = `shape ${showShape(spec.shape)}`;
      return { expected, found: `[${tensor.shape.join(',')}]` };
    }
    const count = elementCount(tensor.shape);
    if (!datatypes[tensor.datatype].isData(tensor.data) || tensor.data.length !== count) {
      const { isData, allocate } = datatypes[tensor.datatype];
      const kind = isData(tensor.data) ? '' : `, in a ${allocate(0).constructor.name}`;
      const expected = `${count} elements of ${tensor.datatype} for shape [${tensor.shape.join(',')}]${kind}`;
      return { expected, found: `${tensor.data.constructor.name} of ${tensor.data.length}` };
    }
    return checkValues?.(tensor);
  };
}

/** Formats a shape; a variable length is `any`. */
function showShape(shape: readonly number[]): string {
  return `[${shape.map((length) => (length === -1 ? 'any' : length)).join(',')}]`;
}

function fitsShape(shape: readonly number[], pattern: readonly number[]): boolean {
  return (
    shape.length === pattern.length &&
    pattern.every((length, dimension) => length === -1 || length === shape[dimension])
  );
}

/** Creates the checks of single values: of the whole tensor, and of each feature along its last dimension. */
function createValuesCheck(
  spec: TensorSpec,
): ((tensor: Tensor) => Problem | undefined) | undefined {
  const whole = createValueTests(spec);
  const ofFeature = (spec.features ?? []).map((feature) => ({
    name: feature.name,
    tests: [...whole, ...createValueTests(feature)],
  }));
  const columns = ofFeature.length === 0 ? [{ name: '', tests: whole }] : ofFeature;
  if (columns.every((column) => column.tests.length === 0)) return undefined;

  const scan = createValueScan(
    spec.datatype,
    columns.map(({ tests }) => tests),
  );
  return (tensor) => {
    const valueAt = elementGetter(tensor);
    let index = scan(tensor);
    while (index < tensor.data.length) {
      for (const column of columns) {
        const value = valueAt(index);
        for (const test of column.tests) {
          if (test.allows(value)) continue;
          const where = column.name === '' ? '' : ` (feature "${column.name}")`;
          const found = `${show(value)} at element ${index}${where}`;
          return { expected: test.expected, found };
        }
        index += 1;
      }
    }
    return undefined;
  };
}

function createValueTests({ range, categories, units }: ValueSpec): ValueTest[] {
  const tests: ValueTest[] = [];
  if (range) {
    const { min = -Infinity, max = Infinity } = range;
    tests.push({
      expected: `values from ${min} to ${max}${units === undefined ? '' : ` ${units}`}`,
      range: { min, max },
      // In this form NaN is outside of every range.
      allows: (value) => Number(value) >= min && Number(value) <= max,
    });
  }
  if (categories) {
    const allowed = new Set(categories);
    const shown = categories.slice(0, 10).map(show).join(', ');
    const rest = categories.length > 10 ? `, … (${categories.length} in all)` : '';
    tests.push({
      expected: `one of ${shown}${rest}`,
      categories,
      allows: (value) => allowed.has(value),
    });
  }
  return tests;
}

function elementGetter(tensor: Tensor): (index: number) => number | string {
  switch (tensor.datatype) {
    case 'BYTES': {
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      return (index) => decoder.decode(tensor.data[index]);
    }
    case 'FP16':
      return (index) => float16ToNumber(tensor.data[index] ?? 0);
    default: {
      const { data } = tensor;
      return (index) => Number(data[index]);
    }
  }
}

import { decodeTensor, type Tensor } from '@fairlead/signature';
import { checkList, checkOptions } from './check-options.ts';
import { DifferenceTally } from './difference-tally.ts';
import { ParityError } from './parity-error.ts';
import type { ParityCase, ParityReport } from './parity-report.ts';

/**
 * Compares the outputs of an export with the outputs of its original, element by element.
 *
 * @throws ParityError `ERR_PARITY_INCOMPARABLE` without an element to compare, and for an output that is missing or has
 * another shape; `ERR_PARITY_INVALID_OPTION` for a case that lacks a list; SignatureError for a tensor that can't be decoded.
 *
 * @example
 * ```ts
 * import { compareOutputs } from '@fairlead/parity';
 *
 * const y = (...data: number[]) => ({ name: 'y', datatype: 'FP32', shape: [data.length], data }) as const;
 * const report = compareOutputs([{ inputs: [], expected: [y(0.5, 1)], actual: [y(0.5, 1.25)] }]);
 * report.parity; // 0.25
 * ```
 */
export function compareOutputs(cases: readonly ParityCase[]): ParityReport {
  checkList('compareOutputs: cases', cases);
  const tally = new DifferenceTally();
  for (const [index, given] of cases.entries()) {
    const { inputs, expected, actual } = checkCase(`compareOutputs: case ${index + 1}`, given);
    const exported = actual.map(decodeTensor);
    const sent = inputs.map(decodeTensor);
    let rows = 0;
    for (const tensor of expected.map(decodeTensor)) {
      const other = exported.find(({ name }) => name === tensor.name);
      if (other?.shape.join(',') !== tensor.shape.join(',')) throw incomparable(tensor, other);
      rows = Math.max(rows, tensor.shape[0] ?? 1);
      tally.compare(tensor, other, sent);
    }
    tally.rows += rows;
  }
  return tally.report();
}

function checkCase(name: string, given: ParityCase): ParityCase {
  checkOptions(name, given, { inputs: 'required', expected: 'required', actual: 'required' });
  checkList(`${name}: inputs`, given.inputs);
  checkList(`${name}: expected`, given.expected);
  checkList(`${name}: actual`, given.actual);
  return given;
}

function incomparable(expected: Tensor, actual: Tensor | undefined): ParityError {
  const found =
    actual === undefined ? 'is missing from' : `has the shape [${actual.shape.join(',')}] in`;
  return new ParityError(
    'ERR_PARITY_INCOMPARABLE',
    `cannot compare output "${expected.name}" of shape [${expected.shape.join(',')}]: it ${found} the outputs of the export; ` +
      'export the model with the same outputs',
  );
}

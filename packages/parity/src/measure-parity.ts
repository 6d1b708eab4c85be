import type { JsonTensor } from '@fairlead/signature';
import { checkFunction, checkList, checkOptions } from './check-options.ts';
import { compareOutputs } from './compare-outputs.ts';
import { ParityError } from './parity-error.ts';
import type { ParityCase, ParityReport } from './parity-report.ts';
import type { ParityRows } from './parity-rows.ts';

/** Runs a model on inputs, in process or over HTTP, and resolves to its outputs. */
export type Predict = (inputs: readonly JsonTensor[]) => Promise<readonly JsonTensor[]>;

/** The two models of a comparison. */
export interface ParitySides {
  /** Runs the export. */
  readonly exported: Predict;
  /** Runs the original; optional where every request has its expected outputs. */
  readonly original?: Predict;
}

const sideNames = { exported: 'required', original: 'optional' } as const;

/**
 * Runs export and original on the same rows, and compares their outputs.
 *
 * @throws ParityError `ERR_PARITY_INCOMPARABLE` without rows, and for rows without expected outputs when there is no
 * `original`; `ERR_PARITY_INVALID_OPTION` naming an unknown, missing or invalid option; any error of the two models.
 *
 * @example
 * ```ts
 * import { measureParity } from '@fairlead/parity';
 *
 * const x = { name: 'x', datatype: 'FP32', shape: [1], data: [2] } as const;
 * const report = await measureParity([{ inputs: [x] }], {
 *   original: async () => [{ name: 'y', datatype: 'FP32', shape: [1], data: [4] }],
 *   exported: async () => [{ name: 'y', datatype: 'FP32', shape: [1], data: [4.5] }],
 * });
 * report.parity; // 0.5
 * ```
 */
export async function measureParity(
  rows: readonly ParityRows[],
  sides: ParitySides,
): Promise<ParityReport> {
  checkList('measureParity: rows', rows);
  const { exported, original } = checkOptions('measureParity', sides, sideNames);
  checkFunction('measureParity: exported', exported);
  if (original !== undefined) checkFunction('measureParity: original', original);
  const cases: ParityCase[] = [];
  for (const [index, { inputs, expected }] of rows.entries()) {
    // The original comes first: captured outputs may be those of another version.
    const outputs = original === undefined ? expected : await original(inputs);
    if (outputs === undefined) {
      throw new ParityError(
        'ERR_PARITY_INCOMPARABLE',
        `request ${index + 1} has no expected outputs: add "outputs" to it, or give the original to run`,
      );
    }
    cases.push({ inputs, expected: outputs, actual: await exported(inputs) });
  }
  return compareOutputs(cases);
}

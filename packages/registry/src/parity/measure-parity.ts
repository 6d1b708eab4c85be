import type { JsonTensor } from '../versions/manifest.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { compareOutputs, type ParityCase, type ParityReport } from './compare-outputs.ts';
import type { ParityRows } from './parity-rows.ts';

/** Asks a model, wherever it runs. */
export type Predict = (inputs: readonly JsonTensor[]) => Promise<readonly JsonTensor[]>;

/** The two sides of a comparison. */
export interface ParitySides {
  /** Answers for the export. */
  readonly exported: Predict;
  /** Answers for the original; may be left out where all rows say what it answers. */
  readonly original?: Predict;
}

/**
 * Asks export and original for the same rows, and compares what they answer.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_ARGUMENT` without rows, or where nobody knows what the original answers;
 * and what asking throws.
 */
export async function measureParity(
  rows: readonly ParityRows[],
  { exported, original }: ParitySides,
): Promise<ParityReport> {
  const cases: ParityCase[] = [];
  for (const [index, { inputs, expected }] of rows.entries()) {
    // The original is asked where it can be: what was captured may be another version's answer.
    const wanted = original === undefined ? expected : await original(inputs);
    if (wanted === undefined) {
      throw new RegistryError(
        'ERR_REGISTRY_INVALID_ARGUMENT',
        `request ${index + 1} doesn't say what the original answers: give the original to ask it`,
      );
    }
    cases.push({ inputs, expected: wanted, actual: await exported(inputs) });
  }
  return compareOutputs(cases);
}

import { decodeTensor, type Tensor } from '@fairlead/signature';
import type { GoldenExample } from '../source/model-source.ts';
import { compareTensors } from './compare-tensors.ts';

const DEFAULT_TOLERANCE = 1e-4;

/** The first golden example whose outputs differ from the expected ones. */
export interface GoldenMismatch {
  /** Index of the example, from 0. */
  readonly index: number;
  /** The output and the element that differ, with both values. */
  readonly difference: string;
}

/** Runs golden examples one after another until one differs; rejects with what `execute` throws. */
export async function findGoldenMismatch(
  examples: readonly GoldenExample[],
  execute: (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>,
): Promise<GoldenMismatch | undefined> {
  for (const [index, { inputs, outputs, tolerance = DEFAULT_TOLERANCE }] of examples.entries()) {
    const actual = await execute(inputs.map(decodeTensor));
    const difference = compareTensors(outputs.map(decodeTensor), actual, tolerance);
    if (difference !== undefined) return { index, difference };
  }
  return undefined;
}

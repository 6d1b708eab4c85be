import type { Tensor } from '@fairlead/signature';
import type { Request } from './row-samples.ts';

/** Result of a trial of rows together. */
export interface RowTrial {
  /**
   * `independent`: in every execution each request got what it gets alone. `dependent`: one didn't, or they can't run
   * together. `open`: nothing was found, and what was tried could not have shown it.
   */
  readonly rows: 'independent' | 'dependent' | 'open';
  /** In words, with what was tried or found. */
  readonly reason: string;
}

/** A request with the outputs that it gets alone. */
export interface Sample {
  readonly inputs: Request;
  readonly outputs: readonly Tensor[];
  readonly rows: number;
}

/** Minimum of different requests in a trial; fewer show nothing. */
export const MIN_SAMPLES = 4;

/** The result that rows influence each other. */
export function dependent(reason: string): RowTrial {
  return { rows: 'dependent', reason };
}

/** The result of a trial that takes too long, in milliseconds. */
export function outOfTime(budgetMs: number): RowTrial {
  return { rows: 'open', reason: `trying its rows together takes longer than ${budgetMs} ms` };
}

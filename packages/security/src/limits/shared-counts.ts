import type { Period } from '../period.ts';

/** A part of a client's limit that a process would like to use. */
export interface TakeRequest {
  /** Name of the limiter. */
  readonly limiter: string;
  /** Client, such as `client:acme`. */
  readonly key: string;
  readonly period: Period;
  /** Amount that the client may use in the period. */
  readonly limit: number;
  /** Smallest amount that is of use: nothing is taken if less is left. At least 1. */
  readonly need: number;
  /** Amount that the process would like to take at once; at least `need`. */
  readonly wanted: number;
}

/** The part that a process has got, which it counts itself from now on. */
export interface Taken {
  /** Amount of the period that was taken before, by all processes. */
  readonly before: number;
  /** From `need` to `wanted`; 0 if less than `need` was left. */
  readonly taken: number;
  /** Time to the end of the period, in milliseconds; at least 1. */
  readonly resetInMs: number;
}

/** Counts of clients that several processes share. */
export interface SharedCounts {
  /**
   * Takes a part of a client's limit for one process.
   *
   * @throws Error when the counts can't be reached.
   */
  take(request: TakeRequest): Taken | Promise<Taken>;
}

/**
 * Part of what is left that one process may take at once beyond what it needs: near the limit less and less, so that almost nothing is left
 * unused in one process while another one refuses.
 */
export const MAX_SHARE_OF_REST = 4;

/** Returns the amount that a process gets when `left` is left of a limit. */
export function amountTaken(
  { need, wanted }: Pick<TakeRequest, 'need' | 'wanted'>,
  left: number,
): number {
  if (left < need) return 0;
  return Math.max(need, Math.min(wanted, Math.floor(left / MAX_SHARE_OF_REST)));
}

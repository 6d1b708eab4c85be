/**
 * Exact sum of 64-bit numbers, as numbers of descending magnitude that add up to it: each is the rest, rounded to the nearest
 * number. The first is the rounded sum; an empty list is zero.
 *
 * Equal sums are equal lists, regardless of the order in which the numbers were added.
 */
export type ExactSum = readonly number[];

/** Larger numbers are added as this one, so that no sum overflows: 2^63 of them stay below the largest number. */
const MAX_SUMMAND = 2 ** 960;

/**
 * Returns an exact sum, rounded to the nearest 64-bit number.
 *
 * @example
 * ```ts
 * import { roundSum } from '@fairlead/windows';
 *
 * console.log(roundSum([]), roundSum([1, 1e-20])); // 0 1
 * ```
 */
export function roundSum(sum: ExactSum): number {
  return sum[0] ?? 0;
}

/**
 * Adds numbers exactly, so that the order doesn't matter, and without allocating.
 *
 * Source: J. R. Shewchuk, *Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates*, 1997,
 * GROW-EXPANSION; rounding as in `math.fsum` of CPython.
 */
export class ExactSummation {
  /** Numbers that add up to the sum, of ascending magnitude, whose bits don't overlap. */
  #parts = new Float64Array(8);
  #length = 0;

  /** Adds a finite number; one beyond ±2^960 counts as that. */
  add(summand: number): void {
    let x = summand;
    if (x > MAX_SUMMAND) x = MAX_SUMMAND;
    else if (x < -MAX_SUMMAND) x = -MAX_SUMMAND;
    if (this.#length === this.#parts.length) this.#grow();
    this.#add(x);
  }

  /** Adds another exact sum. */
  addSum(sum: ExactSum): void {
    for (const part of sum) {
      if (this.#length === this.#parts.length) this.#grow();
      this.#add(part);
    }
  }

  /** Returns the sum so far. */
  sum(): ExactSum {
    const rest = new ExactSummation();
    rest.#parts = this.#parts.slice();
    rest.#length = this.#length;
    const sum: number[] = [];
    while (rest.#length > 0) {
      const rounded = rest.#round();
      sum.push(rounded);
      if (rest.#length === rest.#parts.length) rest.#grow();
      rest.#add(-rounded);
    }
    return sum;
  }

  /** Starts at zero. */
  clear(): void {
    this.#length = 0;
  }

  #add(summand: number): void {
    const parts = this.#parts;
    let x = summand;
    let length = 0;
    for (let index = 0; index < this.#length; index += 1) {
      const y = parts[index] ?? 0;
      const high = x + y;
      const virtual = high - x;
      const low = x - (high - virtual) + (y - virtual);
      if (low !== 0) parts[length++] = low;
      x = high;
    }
    if (x !== 0) parts[length++] = x;
    this.#length = length;
  }

  #grow(): void {
    const parts = new Float64Array(this.#parts.length * 2);
    parts.set(this.#parts);
    this.#parts = parts;
  }

  /** Rounds the sum to the nearest number, ties to even. */
  #round(): number {
    const parts = this.#parts;
    let index = this.#length - 1;
    let high = parts[index] ?? 0;
    let low = 0;
    while (index > 0 && low === 0) {
      index -= 1;
      const y = parts[index] ?? 0;
      const sum = high + y;
      low = y - (sum - high);
      high = sum;
    }
    // Exactly half way, so far: what follows decides.
    const next = index > 0 ? (parts[index - 1] ?? 0) : 0;
    if ((low < 0 && next < 0) || (low > 0 && next > 0)) {
      const doubled = low * 2;
      const sum = high + doubled;
      if (doubled === sum - high) high = sum;
    }
    return high;
  }
}

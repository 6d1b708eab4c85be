import { BinCounter, type BinCounts, type FeatureBaseline } from '@fairlead/windows';
import { numberBaseline, textBaseline } from '../support/count-values.ts';
import type { Random } from '@fairlead/test-support/random';

/** Change of the values of a stream: moved by standard deviations, and scaled. */
export interface Shift {
  readonly mean: number;
  readonly spread: number;
}

const NO_SHIFT: Shift = { mean: 0, spread: 1 };

/** Kinds of columns, and how many of 100 features are of each. */
const KINDS = { normal: 60, lognormal: 20, count: 8, flag: 6, category: 6 } as const;
type Kind = keyof typeof KINDS;

const CATEGORIES = Array.from({ length: 20 }, (_, index) => `category ${index}`);

/** Kind of a feature, by its index. */
export function kindOf(index: number): Kind {
  let rest = index % 100;
  for (const [kind, share] of Object.entries(KINDS) as [Kind, number][]) {
    if (rest < share) return kind;
    rest -= share;
  }
  return 'normal';
}

/** Source of the values of one feature: a reference sample, and windows of the same distribution or a shifted one. */
export class Stream {
  readonly baseline: FeatureBaseline;
  /** Sorted numbers of the reference; indexes of categories. */
  readonly reference: Float64Array;
  readonly #kind: Kind;
  readonly #random: Random;
  readonly #counter: BinCounter;

  constructor(kind: Kind, size: number, random: Random) {
    this.#kind = kind;
    this.#random = random;
    this.reference = this.draw(size);
    const values = [...this.reference];
    this.baseline =
      kind === 'category'
        ? textBaseline('x', values.map(nameOf), CATEGORIES)
        : numberBaseline('x', values);
    this.reference.sort();
    this.#counter = new BinCounter(this.baseline.bins);
  }

  /** Draws values. */
  draw(size: number, { mean, spread }: Shift = NO_SHIFT): Float64Array {
    const values = new Float64Array(size);
    for (let row = 0; row < size; row += 1) values[row] = this.#next() * spread + mean;
    return values;
  }

  /** Counts values in the bins of the reference. */
  count(values: Float64Array): BinCounts {
    this.#counter.clear();
    if (this.#kind === 'category') {
      for (const value of values) this.#counter.addText(nameOf(value));
    } else this.#counter.addNumbers(values, values.length);
    return this.#counter.counts();
  }

  #next(): number {
    const random = this.#random;
    if (this.#kind === 'normal') return random.normal();
    if (this.#kind === 'lognormal') return Math.exp(0.75 * random.normal());
    if (this.#kind === 'count') return Math.floor(-6 * Math.log(1 - random.uniform()));
    if (this.#kind === 'flag') return random.uniform() < 0.3 ? 1 : 0;
    // Shares that fall with the index.
    return Math.floor(CATEGORIES.length * random.uniform() ** 2);
  }
}

function nameOf(category: number): string {
  return CATEGORIES[category] ?? '';
}

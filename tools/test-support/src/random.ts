/** Random numbers from a seed: sfc32 by C. Doty-Humphrey, which passes PractRand. */
export class Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #counter = 1;
  #spare = NaN;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    for (let round = 0; round < 16; round += 1) this.uniform();
  }

  /** Returns a number from 0 to below 1. */
  uniform(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** Returns a number of the standard normal distribution, by Marsaglia's polar method. */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare;
      this.#spare = NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare = y * factor;
      return x * factor;
    }
  }

  /** Returns how many of `count` independent trials succeed, each with the probability `p`: quick for small `p`. */
  binomial(count: number, p: number): number {
    if (p <= 0) return 0;
    if (p >= 1) return count;
    // Failures before a success have a geometric distribution.
    const scale = 1 / Math.log1p(-p);
    let successes = 0;
    for (let at = Math.floor(Math.log1p(-this.uniform()) * scale); at < count; successes += 1) {
      at += 1 + Math.floor(Math.log1p(-this.uniform()) * scale);
    }
    return successes;
  }

  /** Returns a number of the gamma distribution, for a shape above 0, by Marsaglia and Tsang's method. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) {
        return d * v;
      }
    }
  }
}

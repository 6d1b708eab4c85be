// Special functions of statistical tests, to 1e-12 relative, in the tails too: an upper tail is never computed as 1 − the lower one.
// Sources: NIST Digital Library of Mathematical Functions (dlmf.nist.gov), chapters 5, 7 and 8; C. Loader, "Fast and accurate computation
// of binomial probabilities" (2000), for the power factors of large arguments.

const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;
const EULER_GAMMA = 0.577_215_664_901_532_9;
const MAX_TERMS = 1_000_000;
/** From this argument on, seven terms of Stirling's series are exact. */
const LARGE = 10;

/** Riemann's zeta at 2, 3, … 60, by Euler and Maclaurin's sum from 20 on. */
const zetas: readonly number[] = Array.from({ length: 59 }, (_, index) => {
  const [s, from] = [index + 2, 20];
  let sum = from ** (1 - s) / (s - 1) + from ** -s / 2 + (s * from ** (-s - 1)) / 12;
  sum -= (s * (s + 1) * (s + 2) * from ** (-s - 3)) / 720;
  sum += (s * (s + 1) * (s + 2) * (s + 3) * (s + 4) * from ** (-s - 5)) / 30_240;
  for (let n = from - 1; n >= 1; n -= 1) sum += n ** -s;
  return sum;
});

/** Difference of ln Γ(x) and Stirling's formula, for x ≥ 10. */
function stirlingCorrection(x: number): number {
  const coefficients = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156];
  const square = x * x;
  return coefficients.reduceRight((sum, coefficient) => sum / square + coefficient, 0) / x;
}

/** ln Γ(1 + z) for |z| ≤ ½, relatively exact near the zeros at 0 and 1. */
function logGammaOnePlus(z: number): number {
  let sum = 0;
  for (let k = zetas.length + 1; k >= 2; k -= 1) {
    sum = -z * (sum + (zetas[k - 2] ?? 1) / k);
  }
  return -z * (EULER_GAMMA + sum);
}

/** Natural logarithm of the gamma function, for x > 0. */
export function logGamma(x: number): number {
  if (x >= LARGE) return (x - 0.5) * Math.log(x) - x + HALF_LOG_2PI + stirlingCorrection(x);
  if (x < 0.5) return logGammaOnePlus(x) - Math.log(x);
  // Γ(1 + z)·(1 + z)·(2 + z)…, with 1 + z nearest to 1.
  let product = 1;
  let rest = x;
  while (rest > 2.5) {
    rest -= 1;
    product *= rest;
  }
  const base =
    rest > 1.5 ? Math.log1p(rest - 2) + logGammaOnePlus(rest - 2) : logGammaOnePlus(rest - 1);
  return base + Math.log(product);
}

/** Natural logarithm of the beta function, for a, b > 0, without the cancellation of three logarithms of gamma. */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < LARGE) return logGamma(small) + logGamma(large) - logGamma(small + large);
  const ratio = small / large;
  const corrections = stirlingCorrection(large) - stirlingCorrection(small + large);
  if (small < LARGE) {
    return (
      logGamma(small) +
      corrections -
      (small + large - 0.5) * Math.log1p(ratio) -
      small * (Math.log(large) - 1)
    );
  }
  return (
    HALF_LOG_2PI -
    0.5 * Math.log(large) +
    (stirlingCorrection(small) + corrections) +
    (small - 0.5) * Math.log(ratio / (1 + ratio)) -
    large * Math.log1p(ratio)
  );
}

/** t − ln(1 + t), without cancellation near 0. */
function logDeviance(t: number): number {
  if (Math.abs(t) > 0.3) return t - Math.log1p(t);
  let [sum, power] = [0, t];
  for (let k = 2; k < 80; k += 1) {
    power *= -t;
    const next = sum - power / k;
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** x^a·e^(−x) / Γ(a + 1). */
function poissonFactor(a: number, x: number): number {
  if (a < LARGE) return Math.exp(a * Math.log(x) - x - logGamma(a + 1));
  const deviance = a * logDeviance((x - a) / a);
  return Math.exp(-deviance - stirlingCorrection(a)) / Math.sqrt(2 * Math.PI * a);
}

/** Regularized lower incomplete gamma function P(a, x), for a > 0, x ≥ 0. */
export function gammaP(a: number, x: number): number {
  if (x <= 0) return 0;
  if (x === Infinity) return 1;
  return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x);
}

/** Regularized upper incomplete gamma function Q(a, x) = 1 − P(a, x). */
export function gammaQ(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x);
}

/** P(a, x) by its series, DLMF 8.11.4. */
function gammaSeries(a: number, x: number): number {
  let [sum, term] = [1, 1];
  for (let n = 1; n < MAX_TERMS && term > sum * 1e-17; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return poissonFactor(a, x) * sum;
}

/** Q(a, x) by its continued fraction, DLMF 8.9.2, evaluated as Lentz did. */
function gammaFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < MAX_TERMS; n += 1) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / nonZero(an * d + b, tiny);
    c = nonZero(b + an / c, tiny);
    const delta = c * d;
    h *= delta;
    if (Math.abs(delta - 1) < 2e-16) break;
  }
  return poissonFactor(a, x) * a * h;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Upper tail of the chi-square distribution with `df` degrees of freedom. */
export function chiSquareSf(x: number, df: number): number {
  return gammaQ(df / 2, x / 2);
}

/** Value that a chi-square variable exceeds with probability `p`, 0 < p < 1. */
export function chiSquareIsf(p: number, df: number): number {
  // Wilson and Hilferty's approximation, then Newton's method on the logarithm of the tail.
  const z = -normalQuantile(p);
  const scale = 2 / (9 * df);
  const start = Math.max(df * (1 - scale + z * Math.sqrt(scale)) ** 3, 1e-8 * df);
  const logPdf = (x: number): number =>
    (df / 2 - 1) * Math.log(x / 2) - x / 2 - logGamma(df / 2) - Math.LN2;
  return solveTail(start, Math.log(p), (x) => {
    const tail = chiSquareSf(x, df);
    return { logTail: Math.log(tail), hazard: Math.exp(logPdf(x)) / tail };
  });
}

/** Solves ln sf(x) = `target` for x > 0 by Newton's method, halving steps that leave the axis. */
function solveTail(
  start: number,
  target: number,
  tailOf: (x: number) => { readonly logTail: number; readonly hazard: number },
): number {
  let x = start;
  for (let step = 0; step < 100; step += 1) {
    const { logTail, hazard } = tailOf(x);
    const next = x + (logTail - target) / hazard;
    const moved = next > 0 ? next : x / 2;
    if (Math.abs(moved - x) <= 1e-15 * x) return moved;
    x = moved;
  }
  return x;
}

/** Upper tail of the normal distribution. */
export function normalSf(x: number): number {
  const half = gammaQ(0.5, (x * x) / 2) / 2;
  return x < 0 ? 1 - half : half;
}

/** Value below which a normal variable lies with probability `p`, 0 < p < 1. */
export function normalQuantile(p: number): number {
  if (p === 0.5) return 0;
  if (p > 0.5) return -normalQuantile(1 - p);
  // Abramowitz and Stegun 26.2.22 to 3e-3, then Newton's method.
  const t = Math.sqrt(-2 * Math.log(p));
  const start = t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t));
  return -solveTail(Math.max(start, 1e-3), Math.log(p), (x) => {
    const tail = normalSf(x);
    return { logTail: Math.log(tail), hazard: Math.exp(-(x * x) / 2 - HALF_LOG_2PI) / tail };
  });
}

/** Regularized incomplete beta function I_x(a, b); `y` is 1 − x, where it is known exactly. */
export function betaI(a: number, b: number, x: number, y = 1 - x): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  return x < (a + 1) / (a + b + 2) ? betaFraction(a, b, x, y) : 1 - betaFraction(b, a, y, x);
}

/**
 * I_x(a, b) by the even part of its continued fraction (DLMF 8.17.22), evaluated as Lentz did: its terms are positive near the mean, where those of the
 * fraction itself cancel.
 */
function betaFraction(a: number, b: number, x: number, y: number): number {
  const tiny = 1e-300;
  const logOf = (value: number, rest: number): number =>
    value > 0.5 ? Math.log1p(-rest) : Math.log(value);
  const factor = Math.exp(a * logOf(x, y) + b * logOf(y, x) - logBeta(a, b));
  // a − (a + b)·x, from the smaller of x and y.
  const lambda = x < y ? a - (a + b) * x : (a + b) * y - b;
  const denominator = (m: number): number =>
    m +
    (m === 0 ? 0 : (m * (b - m) * x) / (a + 2 * m - 1)) +
    ((a + m) * (lambda + 1 + m * (1 + y))) / (a + 2 * m + 1);
  let c = nonZero(denominator(0), tiny);
  let d = 0;
  let h = c;
  for (let m = 1; m < MAX_TERMS; m += 1) {
    const numerator = ((a + m - 1) * (a + b + m - 1) * m * (b - m) * x * x) / (a + 2 * m - 1) ** 2;
    d = 1 / nonZero(denominator(m) + numerator * d, tiny);
    c = nonZero(denominator(m) + numerator / c, tiny);
    h *= c * d;
    if (Math.abs(c * d - 1) < 2e-16) break;
  }
  return factor / h;
}

/** Probability that the absolute value of Student's t with `df` degrees of freedom exceeds |t|. */
export function studentSfTwoSided(t: number, df: number): number {
  const square = t * t;
  return betaI(df / 2, 0.5, df / (df + square), square / (df + square));
}

/** Value below which Student's t with `df` degrees of freedom lies with probability `p`, 0 < p < 1. */
export function studentQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentQuantile(1 - p, df);
  const logPdf = (x: number): number =>
    -0.5 * Math.log(df) - logBeta(df / 2, 0.5) - ((df + 1) / 2) * Math.log1p((x * x) / df);
  return solveTail(normalQuantile(p), Math.log(1 - p), (x) => {
    const tail = studentSfTwoSided(x, df) / 2;
    return { logTail: Math.log(tail), hazard: Math.exp(logPdf(x)) / tail };
  });
}

/** Upper tail of Kolmogorov's distribution: limit of √n·D. */
export function kolmogorovSf(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1.18) {
    for (let k = 1; k < 20; k += 2) sum += Math.exp(-((k * Math.PI) ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let k = 1; k < 20; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}

/**
 * Returns the Wasserstein distance of two samples of finite numbers: the area between their cumulative shares, in the unit of the values.
 *
 * @example
 * ```ts
 * import { wasserstein } from '@fairlead/drift';
 *
 * console.log(wasserstein([1, 2, 3], [2, 3, 4])); // 1
 * ```
 */
export function wasserstein(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const first = Float64Array.from(reference).sort();
  const second = Float64Array.from(current).sort();
  const n = first.length;
  const m = second.length;
  let [i, j, area] = [0, 0, 0];
  let value = Math.min(first[0] ?? Infinity, second[0] ?? Infinity);
  while (i < n || j < m) {
    while (i < n && (first[i] ?? 0) <= value) i += 1;
    while (j < m && (second[j] ?? 0) <= value) j += 1;
    const next = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
    if (next === Infinity) break;
    area += Math.abs(i / n - j / m) * (next - value);
    value = next;
  }
  return n === 0 || m === 0 ? NaN : area;
}

import { total, type PairedCounts } from '../statistics/paired-counts.ts';

/** Merges neighboring bins until `max` are left, of about equal shares of the reference. */
export function mergeNeighbors(counts: PairedCounts, max: number): PairedCounts {
  const { reference, current } = counts;
  if (reference.length <= max) return counts;
  const size = total(reference);
  const groups: number[][] = [];
  let below = 0;
  let group: number[] = [];
  for (const [bin, count] of reference.entries()) {
    const before = below;
    group.push(bin);
    below += count;
    // A group ends where the cumulative share passes a multiple of 1/max.
    if (Math.floor((below / size) * max) > Math.floor((before / size) * max)) {
      groups.push(group);
      group = [];
    }
  }
  // The remaining bins have no row of the reference.
  groups.at(-1)?.push(...group);
  return sumGroups({ reference, current }, groups);
}

/** Merges the bins of which a sample of `size` rows like the reference has less than five in one bin, as a chi-square test expects. */
export function poolRare({ reference, current }: PairedCounts, size: number): PairedCounts {
  const factor = size / total(reference);
  const expected = (bin: number): number => (reference[bin] ?? 0) * factor;
  const bins = [...reference.keys()].sort((a, b) => expected(b) - expected(a));
  const groups = bins.filter((bin) => expected(bin) >= MIN_EXPECTED).map((bin) => [bin]);
  const rare = bins.slice(groups.length);
  const pooled = rare.reduce((sum, bin) => sum + expected(bin), 0);
  if (rare.length > 0) {
    if (pooled >= MIN_EXPECTED || groups.length === 0) groups.push(rare);
    else groups.at(-1)?.push(...rare);
  }
  return sumGroups({ reference, current }, groups);
}

const MIN_EXPECTED = 5;

function sumGroups(
  { reference, current }: PairedCounts,
  groups: readonly (readonly number[])[],
): PairedCounts {
  const sum = (counts: readonly number[], group: readonly number[]): number =>
    group.reduce((all, bin) => all + (counts[bin] ?? 0), 0);
  return {
    reference: groups.map((group) => sum(reference, group)),
    current: groups.map((group) => sum(current, group)),
  };
}

import type { ClassCalibration } from '@fairlead/windows';

const SIZE = 160;
/** Points of a curve. */
const GROUPS = 10;

/** Draws how many rows had a class as their label, by its score; a calibrated model is on the diagonal. */
export function drawReliability(calibration: ClassCalibration): string {
  const points = mergeGroups(calibration).map(
    ({ score, share }) =>
      [score * SIZE, (1 - share) * SIZE].map((at) => at.toFixed(1)) as [string, string],
  );
  return (
    `<svg viewBox="-4 -4 ${SIZE + 8} ${SIZE + 24}" width="${SIZE + 8}" role="img" aria-label="Observed share by score" font-size="12">` +
    `<path class="floor" d="M0 ${SIZE}L${SIZE} 0"/>` +
    (points.length === 0
      ? ''
      : `<path class="current" d="M${points.map((point) => point.join(' ')).join('L')}"/>`) +
    points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3"/>`).join('') +
    `<text x="0" y="${SIZE + 16}">0</text><text x="${SIZE}" y="${SIZE + 16}" text-anchor="end">score 1</text></svg>`
  );
}

interface Group {
  readonly score: number;
  /** Share of the rows whose label is the class. */
  readonly share: number;
}

/** Joins neighboring groups until each has a tenth of the rows. Scores beyond 0 and 1 are drawn at the end. */
function mergeGroups({ scores, counts, positives }: ClassCalibration): readonly Group[] {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const merged: Group[] = [];
  let [count, positive, weighted] = [0, 0, 0];
  for (const [index, score] of scores.entries()) {
    const size = counts[index] ?? 0;
    count += size;
    positive += positives[index] ?? 0;
    weighted += size * Math.min(Math.max(score, 0), 1);
    if (count === 0 || (count < rows / GROUPS && index < scores.length - 1)) continue;
    merged.push({ score: weighted / count, share: positive / count });
    [count, positive, weighted] = [0, 0, 0];
  }
  return merged;
}

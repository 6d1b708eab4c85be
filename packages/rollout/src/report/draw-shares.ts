import type { SampleRatioResult } from '../verdict/rollout-verdict.ts';

const WIDTH = 640;
const LEFT = 120;
const ROW = 36;

/** Draws the planned and the counted share of the candidate in each step. */
export function drawShares(steps: SampleRatioResult['steps']): string {
  if (steps.length === 0) return '<p>Nothing was counted yet.</p>';
  const width = (share: number): string => (share * (WIDTH - LEFT)).toFixed(1);
  const rows = steps.map(({ step, planned, candidate, baseline }, index) => {
    const y = index * ROW;
    const counted = candidate / Math.max(1, candidate + baseline);
    return (
      `<text x="0" y="${y + 20}">step ${step + 1}</text>` +
      `<rect class="planned" x="${LEFT}" y="${y + 4}" width="${width(planned)}" height="12"><title>planned</title></rect>` +
      `<rect class="counted" x="${LEFT}" y="${y + 18}" width="${width(counted)}" height="12"><title>counted</title></rect>`
    );
  });
  return (
    `<svg viewBox="0 0 ${WIDTH} ${steps.length * ROW}" width="${WIDTH}" role="img" aria-label="Share of the candidate: planned above, counted below" font-size="13">` +
    `${rows.join('')}</svg>`
  );
}

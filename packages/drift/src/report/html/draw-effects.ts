import type { WindowDrift } from '../drift-report.ts';
import { formatNumber } from '../format-value.ts';
import { escapeHtml } from './escape-html.ts';

const WIDTH = 480;
const HEIGHT = 60;
/** Windows that are drawn. */
const MAX_WINDOWS = 168;

/** Draws the effect of the last windows, those that differ as points, with a line at the floor. */
export function drawEffects(windows: readonly WindowDrift[], floor: number): string {
  const drawn = windows.slice(-MAX_WINDOWS).filter(({ effect }) => Number.isFinite(effect));
  if (drawn.length === 0) return '';
  const highest = Math.max(floor, ...drawn.map(({ effect }) => effect ?? 0), Number.MIN_VALUE);
  const x = (index: number): string => (((index + 0.5) / drawn.length) * WIDTH).toFixed(1);
  const y = (effect: number): string => ((1 - effect / highest) * HEIGHT).toFixed(1);
  const points = drawn.map(({ effect }, index) => `${x(index)} ${y(effect ?? 0)}`);
  const differing = drawn.flatMap(({ checks, effect }, index) =>
    checks.length === 0 ? [] : [`<circle cx="${x(index)}" cy="${y(effect ?? 0)}" r="3"/>`],
  );
  return (
    `<svg viewBox="0 -16 ${WIDTH} ${HEIGHT + 20}" width="${WIDTH}" role="img" aria-label="Effect of each window" font-size="12">` +
    `<path class="floor" d="M0 ${y(floor)}h${WIDTH}"/><path class="current" d="M${points.join('L')}"/>` +
    `${differing.join('')}<text x="0" y="-4">${escapeHtml(formatNumber(highest))}</text></svg>`
  );
}

import type { GuardrailResult } from '../verdict/rollout-verdict.ts';
import { escapeHtml } from './escape-html.ts';

const WIDTH = 640;
const LEFT = 120;
const ROW = 28;
/** Ratios from an eighth to eight are drawn; beyond, the interval reaches the edge. */
const LIMIT = Math.log(8);
const TICKS = [0.125, 0.25, 0.5, 1, 2, 4, 8];

/** Draws the interval of each rate ratio on a logarithmic axis, with a line at 1. */
export function drawRatios(guardrails: readonly GuardrailResult[]): string {
  const height = guardrails.length * ROW;
  const x = (ratio: number): string => {
    const log = Math.max(-LIMIT, Math.min(LIMIT, Math.log(ratio)));
    return (LEFT + ((log + LIMIT) / (2 * LIMIT)) * (WIDTH - LEFT - 20)).toFixed(1);
  };
  const rows = guardrails.map(({ name, status, ratio }, index) => {
    const y = index * ROW + ROW / 2;
    return (
      `<g class="${status}"><text x="0" y="${y + 4}">${escapeHtml(name)}</text>` +
      `<line x1="${x(ratio.lower)}" x2="${x(ratio.upper)}" y1="${y}" y2="${y}" stroke-width="2"/>` +
      `<circle cx="${x(ratio.estimate)}" cy="${y}" r="5"/></g>`
    );
  });
  const ticks = TICKS.map(
    (ratio) => `<text x="${x(ratio)}" y="${height + 16}" text-anchor="middle">${ratio}</text>`,
  );
  return (
    `<svg viewBox="0 0 ${WIDTH} ${height + 24}" width="${WIDTH}" role="img" aria-label="Rate ratio of each guardrail" font-size="13">` +
    `<line class="axis" x1="${x(1)}" x2="${x(1)}" y1="0" y2="${height}"/>${rows.join('')}${ticks.join('')}</svg>`
  );
}

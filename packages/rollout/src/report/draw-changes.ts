import type { OutcomeResult } from '../verdict/rollout-verdict.ts';
import { escapeHtml } from './escape-html.ts';

const WIDTH = 640;
const LEFT = 160;
const ROW = 28;
/** Half of the axis at most: a doubled mean. Wider intervals reach the edge. */
const MAX_SHARE = 1;
const TICKS = [-1, -0.5, 0, 0.5, 1];

/** Class by which a status is colored. */
const CLASSES = {
  better: 'passed',
  passed: 'passed',
  worse: 'failed',
  failed: 'failed',
  equivalent: 'undecided',
  undecided: 'undecided',
} as const;

/** Draws the change of each metric of an A/B test with its interval, with a line at 0. */
export function drawChanges(outcomes: readonly OutcomeResult[]): string {
  const height = outcomes.length * ROW;
  const limit = axisLimit(outcomes);
  const x = (share: number): string => {
    const inside = Math.max(-limit, Math.min(limit, share));
    return (LEFT + ((inside + limit) / (2 * limit)) * (WIDTH - LEFT - 40)).toFixed(1);
  };
  const rows = outcomes.map(({ name, status, change }, index) => {
    const y = index * ROW + ROW / 2;
    const text = `<text x="0" y="${y + 4}">${escapeHtml(name)}</text>`;
    if (change === undefined) return `<g class="undecided">${text}</g>`;
    return (
      `<g class="${CLASSES[status]}">${text}` +
      `<line x1="${x(change.lower)}" x2="${x(change.upper)}" y1="${y}" y2="${y}" stroke-width="2"/>` +
      `<circle cx="${x(change.estimate)}" cy="${y}" r="5"/></g>`
    );
  });
  const ticks = TICKS.map((tick) => {
    const share = tick * limit;
    const label = `${share > 0 ? '+' : share < 0 ? '−' : ''}${Number((Math.abs(share) * 100).toPrecision(2))} %`;
    return `<text x="${x(share)}" y="${height + 16}" text-anchor="middle">${label}</text>`;
  });
  return (
    `<svg viewBox="0 0 ${WIDTH} ${height + 24}" width="${WIDTH}" role="img" aria-label="Change of each metric" font-size="13">` +
    `<line class="axis" x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}"/>${rows.join('')}${ticks.join('')}</svg>`
  );
}

/** The smallest of some round limits that all finite ends are within. */
function axisLimit(outcomes: readonly OutcomeResult[]): number {
  const ends = outcomes.flatMap(({ change }) => {
    if (change === undefined) return [];
    const { lower, estimate, upper } = change;
    return [lower, estimate, upper].filter(Number.isFinite).map(Math.abs);
  });
  const widest = Math.max(0, ...ends);
  return [0.02, 0.05, 0.1, 0.2, 0.5].find((limit) => limit >= widest) ?? MAX_SHARE;
}

import { describeEntry } from '../state/describe-entry.ts';
import { rolloutName, type RolloutState } from '../state/rollout-state.ts';
import type { RolloutVerdict } from '../verdict/rollout-verdict.ts';
import { drawChanges } from './draw-changes.ts';
import { drawRatios } from './draw-ratios.ts';
import { drawShares } from './draw-shares.ts';
import { escapeHtml, renderRows } from './escape-html.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}' +
  'table{border-collapse:collapse;margin:1rem 0}th,td{border-bottom:1px solid #d5dce4;padding:.25rem .75rem;text-align:left;vertical-align:top}' +
  'svg{display:block;max-width:100%;height:auto}.axis{stroke:#8a96a3;stroke-dasharray:4}.failed{fill:#b3261e;stroke:#b3261e}.passed{fill:#1b7a3d;stroke:#1b7a3d}' +
  '.undecided{fill:#5b6875;stroke:#5b6875}.planned{fill:#c3ccd6}.counted{fill:#2f6f9f}text{fill:#1d2733;stroke:none}';

/**
 * Renders a rollout as a page with pictures that needs no other file: its verdict, the change of each metric of an A/B test and the rate ratio of each guardrail with their intervals, the shares, and its history.
 *
 * @example
 * ```ts
 * import { judgeRollout, readPlan, rolloutHtml } from '@fairlead/rollout';
 *
 * const plan = readPlan({ baseline: '3', candidate: '4' });
 * const times = { startedAt: 0, stepStartedAt: 0 };
 * const verdict = judgeRollout({ plan, step: 0, ...times, counts: [], now: 60_000 });
 * const state = { model: 'churn', number: 4, plan, status: 'running', step: 0, ...times, entries: [] } as const;
 * console.log(/<h1>.*<\/h1>/.exec(rolloutHtml(state, verdict))?.[0]); // <h1>Rollout churn-4: version 4 against version 3</h1>
 * ```
 */
export function rolloutHtml(state: RolloutState, verdict: RolloutVerdict): string {
  const { plan, status, result, entries, step } = state;
  const title = `Rollout ${rolloutName(state)}: version ${plan.candidate} against version ${plan.baseline}`;
  const ended = status === 'ended';
  const summary = ended
    ? `${String(result)}: ${entries.at(-1)?.reason ?? ''}`
    : `${status}, step ${step + 1} of ${plan.steps.length}. ${verdict.decision}: ${verdict.reason}`;
  const unit = plan.unit === 'key' ? 'user' : 'request';
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(`${KINDS[plan.kind]}, split by ${unit}. ${summary}.`)}</p>
${renderOutcomes(verdict)}<h2>Guardrails</h2>
<p>Rate of the candidate as a multiple of the rate of the baseline, with an interval that is valid however often the page is rendered.</p>
${drawRatios(verdict.guardrails)}
${renderRows(
  ['guardrail', 'result', 'found'],
  verdict.guardrails.map(({ name, status: found, explanation }) => [name, found, explanation]),
)}
<h2>Traffic</h2>
<p>${describeUnits(state)}</p>
${drawShares(verdict.sampleRatio.steps)}
${renderRows(
  ['step', 'planned', 'counted', 'candidate', 'baseline'],
  verdict.sampleRatio.steps.map((of) => [
    String(of.step + 1),
    percent(of.planned),
    percent(of.candidate / Math.max(1, of.candidate + of.baseline)),
    estimate(of.candidate, verdict.sampleRatio.every),
    estimate(of.baseline, verdict.sampleRatio.every),
  ]),
)}
<h2>History</h2>
${renderRows(
  ['time', 'actor', 'event', 'reason'],
  entries.map((entry) => [
    new Date(entry.at).toISOString().replace(/\.\d+Z$/, 'Z'),
    entry.actor,
    describeEntry(entry),
    entry.reason,
  ]),
)}
</body>
</html>
`;
}

const KINDS = { canary: 'A canary', shadow: 'A shadow', experiment: 'An A/B test' };

/** Renders the metrics of an A/B test; nothing for other rollouts. */
function renderOutcomes({ outcomes, progress }: RolloutVerdict): string {
  if (outcomes === undefined || progress === undefined) return '';
  const { users, planned, every } = progress;
  const counted = `${every === 1 ? '' : 'about '}${users} of ${planned} planned users.`;
  const rows = outcomes.map(({ name, role, status, explanation }) => [
    `${name} (${role})`,
    status,
    explanation,
  ]);
  return `<h2>Outcomes</h2>
<p>Change of the mean of the candidate's users, with an interval that is valid however often the page is rendered; ${escapeHtml(counted)}</p>
${drawChanges(outcomes)}
${renderRows(['metric', 'result', 'found'], rows)}
`;
}

function describeUnits({ plan }: RolloutState): string {
  return plan.unit === 'request'
    ? 'Requests of each step.'
    : 'Users, each in the first step in which a request of them came; many of them are estimated from a sample.';
}

/** An estimate where one of several units was counted. */
function estimate(count: number, every: number): string {
  return every === 1 ? String(count) : `about ${count * every}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

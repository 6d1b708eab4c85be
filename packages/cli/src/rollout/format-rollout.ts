import type { RolloutState, RolloutVerdict } from '@fairlead/rollout';
import { formatTime } from '../output/format-values.ts';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';
import { fields, table } from '../output/table.ts';

const MINUTE_MS = 60_000;

/** Formats a rollout for a terminal: state, counts, guardrails, history. */
export function formatRollout(
  output: Output,
  state: RolloutState,
  verdict: RolloutVerdict,
  now: number,
): readonly string[] {
  return [
    ...formatState(output, state, verdict, now),
    '',
    ...formatShares(output, state, verdict),
    '',
    ...formatGuardrails(output, verdict),
    '',
    ...formatEntries(output, state),
  ];
}

function formatState(
  output: Output,
  { model, number, plan, status, step, stepStartedAt, result, entries }: RolloutState,
  { decision, reason, requests }: RolloutVerdict,
  now: number,
): readonly string[] {
  const { share = 0, minMinutes = 0, minRequests = 0 } = plan.steps[step] ?? {};
  const end = status === 'ended' ? (entries.at(-1)?.at ?? now) : now;
  const minutes = Math.max(0, Math.floor((end - stepStartedAt) / MINUTE_MS));
  const unit = plan.unit === 'key' ? 'users' : 'requests';
  const versions = `version ${plan.candidate} against ${plan.baseline}`;
  const ended = status === 'ended';
  const tone = result === 'promoted' || result === 'passed' ? 'good' : ended ? 'bad' : 'strong';
  return fields([
    ['rollout', `${oneLine(model)}-${number}: ${versions}, ${plan.kind}, split by ${unit}`],
    ['status', output.paint(tone, ended ? String(result) : status)],
    [
      'step',
      `${step + 1} of ${plan.steps.length}: ${percent(share)} for ${minutes} minutes (at least ${minMinutes}), ` +
        `${requests.candidate} requests of the candidate (at least ${minRequests})`,
    ],
    [
      ended ? 'reason' : 'verdict',
      ended ? oneLine(entries.at(-1)?.reason ?? '') : `${decision}: ${oneLine(reason)}`,
    ],
  ]);
}

function formatShares(
  output: Output,
  { plan }: RolloutState,
  { sampleRatio }: RolloutVerdict,
): readonly string[] {
  const { every } = sampleRatio;
  const users = every === 1 ? 'new users' : `1 of ${every} new users`;
  const unit = plan.unit === 'key' ? users : 'requests';
  const rows = sampleRatio.steps.map(({ step, planned, candidate, baseline }) => [
    String(step + 1),
    percent(planned),
    candidate + baseline === 0 ? '–' : percent(candidate / (candidate + baseline)),
    String(candidate),
    String(baseline),
  ]);
  if (rows.length === 0) return [output.paint('faint', 'Nothing was counted yet.')];
  const right = (title: string) => ({ title, align: 'right' as const });
  const [head = '', ...lines] = table(
    ['step', right('planned'), right('counted'), right(`candidate (${unit})`), right('baseline')],
    rows,
  );
  return [output.paint('faint', head), ...lines];
}

function formatGuardrails(output: Output, { guardrails }: RolloutVerdict): readonly string[] {
  const tones = { failed: 'bad', passed: 'good', undecided: 'faint' } as const;
  const [head = '', ...lines] = table(
    ['guardrail', 'result', 'found'],
    guardrails.map(({ name, status, explanation }) => [
      name,
      output.paint(tones[status], status),
      oneLine(explanation),
    ]),
  );
  return [output.paint('faint', head), ...lines];
}

function formatEntries(output: Output, { entries }: RolloutState): readonly string[] {
  const [head = '', ...lines] = table(
    ['time', 'actor', 'event', 'reason'],
    entries.map((entry) => [
      formatTime(new Date(entry.at).toISOString()),
      oneLine(entry.actor),
      describe(entry),
      oneLine(entry.reason),
    ]),
  );
  return [output.paint('faint', head), ...lines];
}

function describe(entry: RolloutState['entries'][number]): string {
  switch (entry.type) {
    case 'step':
      return `step ${entry.step + 1}`;
    case 'verdict':
      return entry.decision;
    case 'ended':
      return entry.result;
    default:
      return entry.type;
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

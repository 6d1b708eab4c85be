import type { RolloutState, RolloutVerdict } from '@fairlead/rollout';
import { count, formatTime } from '../output/format-values.ts';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';
import { fields, table } from '../output/table.ts';
import { formatOutcomes, formatProgress, type Describe } from './format-outcomes.ts';
import { ROLLOUT_KINDS } from './rollout-kinds.ts';

const MINUTE_MS = 60_000;

/** A rollout, and what formats it. */
export interface ShownRollout {
  readonly state: RolloutState;
  readonly verdict: RolloutVerdict;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
  /** Functions of `@fairlead/rollout`, which is loaded with the command. */
  readonly describe: Describe;
}

/** Formats a rollout for a terminal: state, counts, guardrails, history. */
export function formatRollout(
  output: Output,
  { state, verdict, now, describe }: ShownRollout,
): readonly string[] {
  return [
    ...formatState(output, state, verdict, describe.runningTime(state, state.stepStartedAt, now)),
    '',
    ...formatShares(output, state, verdict),
    '',
    ...formatOutcomes(output, verdict, describe),
    ...formatGuardrails(output, verdict),
    '',
    ...formatEntries(output, state, describe),
  ];
}

function formatState(
  output: Output,
  { model, number, plan, status, step, result, decision: held, entries }: RolloutState,
  { decision, reason, requests, progress }: RolloutVerdict,
  stepTimeMs: number,
): readonly string[] {
  const { share = 0, minMinutes = 0, minRequests = 0 } = plan.steps[step] ?? {};
  const minutes = Math.floor(stepTimeMs / MINUTE_MS);
  const unit = plan.unit === 'key' ? 'users' : 'requests';
  const versions = `version ${plan.candidate} against ${plan.baseline}`;
  const ended = status === 'ended';
  const last = oneLine(entries.at(-1)?.reason ?? '');
  const isGood = result === 'promoted' || result === 'passed';
  const isBad = ended && !isGood && result !== 'undecided';
  const tone = isGood ? 'good' : isBad ? 'bad' : 'strong';
  return fields([
    [
      'rollout',
      `${oneLine(model)}-${number}: ${versions}, ${ROLLOUT_KINDS[plan.kind]}, split by ${unit}`,
    ],
    ['status', output.paint(tone, ended ? String(result) : status)],
    [
      'step',
      `${step + 1} of ${plan.steps.length}: ${percent(share)} for ${count(minutes, 'minute')} (at least ${minMinutes}), ` +
        `${count(requests.candidate, 'request')} of the candidate (at least ${minRequests})`,
    ],
    ['users', progress === undefined ? undefined : formatProgress(progress, ended)],
    [
      ended ? 'reason' : 'verdict',
      ended
        ? last
        : // Gateways hold a candidate that the gates reject.
          held === 'hold' && decision === 'promote'
          ? `hold: ${last}`
          : `${decision}: ${oneLine(reason)}`,
    ],
  ]);
}

function formatShares(
  output: Output,
  { plan }: RolloutState,
  { sampleRatio }: RolloutVerdict,
): readonly string[] {
  const { every } = sampleRatio;
  const unit = plan.unit === 'key' ? 'new users' : 'requests';
  const rows = sampleRatio.steps.map(({ step, planned, candidate, baseline }) => [
    String(step + 1),
    percent(planned),
    candidate + baseline === 0 ? '–' : percent(candidate / (candidate + baseline)),
    estimate(candidate, every),
    estimate(baseline, every),
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

function formatEntries(
  output: Output,
  { entries }: RolloutState,
  { describeEntry }: Describe,
): readonly string[] {
  const [head = '', ...lines] = table(
    ['time', 'actor', 'event', 'reason'],
    entries.map((entry) => [
      formatTime(new Date(entry.at).toISOString()),
      oneLine(entry.actor),
      describeEntry(entry),
      oneLine(entry.reason),
    ]),
  );
  return [output.paint('faint', head), ...lines];
}

/** An estimate where one of several users was counted. */
function estimate(count: number, every: number): string {
  return every === 1 ? String(count) : `~${count * every}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

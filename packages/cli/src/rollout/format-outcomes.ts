import type * as rollout from '@fairlead/rollout';
import type { ExperimentProgress, OutcomeResult, RolloutVerdict } from '@fairlead/rollout';
import { count } from '../output/format-values.ts';
import type { Output } from '../output/output.ts';
import { table } from '../output/table.ts';

/** Functions of `@fairlead/rollout` that describe its values. */
export type Describe = Pick<
  typeof rollout,
  'describeChange' | 'describeEntry' | 'describeMean' | 'runningTime'
>;

/** Formats the metrics of an A/B test, and an empty line after them; nothing for other rollouts. */
export function formatOutcomes(
  output: Output,
  { outcomes }: RolloutVerdict,
  describe: Describe,
): readonly string[] {
  if (outcomes === undefined) return [];
  const right = (title: string) => ({ title, align: 'right' as const });
  const [head = '', ...lines] = table(
    [
      ...['metric', 'result', 'change of the candidate', 'candidate'],
      ...[right('users'), 'baseline', right('users')],
    ],
    outcomes.map((outcome) => {
      const { name, role, status, users } = outcome;
      return [
        role === 'primary' ? name : `${name} (${role})`,
        output.paint(TONES[status], status),
        changeOf(outcome, describe),
        meanOf(outcome, 'candidate', describe),
        String(users.candidate),
        meanOf(outcome, 'baseline', describe),
        String(users.baseline),
      ];
    }),
  );
  return [output.paint('faint', head), ...lines, ''];
}

const TONES = {
  better: 'good',
  passed: 'good',
  worse: 'bad',
  failed: 'bad',
  equivalent: 'strong',
  undecided: 'faint',
} as const;

function changeOf({ change }: OutcomeResult, { describeChange }: Describe): string {
  return change === undefined ? '–' : describeChange(change);
}

function meanOf(
  { type, means, users }: OutcomeResult,
  variant: 'candidate' | 'baseline',
  { describeMean }: Describe,
): string {
  if (users[variant] === 0) return '–';
  const { lower, estimate, upper } = means[variant];
  if (lower === -Infinity || upper === Infinity) return describeMean(type, estimate);
  // No rate is beyond its limits.
  const [min, max] = type === 'conversion' ? [0, 1] : [-Infinity, Infinity];
  const ends = [Math.max(min, lower), Math.min(max, upper)].map((end) => describeMean(type, end));
  return `${describeMean(type, estimate)} (${ends.join(' to ')})`;
}

/** Formats how many users an A/B test has, and how long it takes until the others have come. */
export function formatProgress(
  { users, planned, every, hoursLeft }: ExperimentProgress,
  ended: boolean,
): string {
  const counted = `${every === 1 ? '' : '~'}${users} of ${planned} planned`;
  if (ended || hoursLeft === undefined || hoursLeft === 0) return counted;
  const time =
    hoursLeft >= 48
      ? `${Math.round(hoursLeft / 24)} days`
      : hoursLeft >= 1
        ? count(Number(hoursLeft.toPrecision(2)), 'hour')
        : count(Math.ceil(hoursLeft * 60), 'minute');
  return `${counted}; the others in about ${time} at this traffic`;
}

import type {
  AttemptEntry,
  AttemptState,
  RetrainingDecision,
  StoredPolicy,
} from '@fairlead/retraining';
import { count, formatTime } from '../output/format-values.ts';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';
import { shellWord } from '../output/shell-word.ts';
import { fields, table } from '../output/table.ts';

/** Formats a policy for a terminal. */
export function formatPolicy({ number, at, actor, policy }: StoredPolicy): readonly string[] {
  const { alias, triggers, limits, dataset, training, rollout } = policy;
  const { schedule, drift, performance, labels } = triggers;
  const due = [
    ...(schedule === undefined ? [] : [`every ${count(schedule.everyHours, 'hour')}`]),
    ...(drift === undefined
      ? []
      : [
          `drift of ${drift.minColumns === 1 ? 'a column' : `${drift.minColumns} columns`} in ${drift.unit === 'hour' ? 'an hour' : 'a day'}`,
        ]),
    ...(performance === undefined
      ? []
      : [
          `${performance.metric} ${performance.min === undefined ? `above ${performance.max ?? ''}` : `below ${performance.min}`} in ${count(performance.days, 'day')} (${performance.basis === 'any' ? 'measured or estimated' : 'measured'}, ${count(performance.minRows, 'row')})`,
        ]),
    ...(labels === undefined ? [] : [count(labels.count, 'new label')]),
  ];
  const { runner, command, timeLimitMinutes, tries, environment } = training;
  return fields([
    ['policy', `${number}, set ${formatTime(new Date(at).toISOString())} by ${oneLine(actor)}`],
    [
      'retrains',
      `the version of "${alias}"${due.length === 0 ? ', by hand' : ` on ${due.join('; ')}`}`,
    ],
    [
      'limits',
      `${count(limits.cooldownHours, 'hour')} between attempts, ${limits.maxPerMonth} a month`,
    ],
    [
      'dataset',
      `rows with a label of ${count(dataset.days, 'day')}, at least ${dataset.minRows}, as ${dataset.formats.join(' and ')}`,
    ],
    [
      'training',
      command.length === 0 ? 'command of the job definition' : command.map(shellWord).join(' '),
    ],
    [
      'runner',
      `${runner}, at most ${count(timeLimitMinutes, 'minute')}, ${count(tries, 'try', 'tries')}${environment.length === 0 ? '' : `, with ${environment.join(', ')}`}`,
    ],
    ['then', rollout === false ? 'only pushed' : 'gates, then a rollout'],
  ]);
}

/** Formats a decision: each trigger and limit with its reason. */
export function formatDecision(output: Output, decision: RetrainingDecision): readonly string[] {
  const { due, triggers, limits } = decision;
  const yes = (holds: boolean, good: string, bad: string): string =>
    output.paint(holds ? 'good' : 'faint', holds ? good : bad);
  const [head = '', ...lines] = table(
    ['check', 'result', 'reason'],
    [
      ...triggers.map(({ name, holds, reason }) => [
        name,
        yes(holds, 'due', 'not due'),
        oneLine(reason),
      ]),
      ...limits.map(({ name, holds, reason }) => [
        name,
        yes(holds, 'permits', 'forbids'),
        oneLine(reason),
      ]),
    ],
  );
  return [
    output.paint(due ? 'strong' : 'faint', due ? 'Due: the next run retrains.' : 'Not due now.'),
    ...[output.paint('faint', head), ...lines],
  ];
}

/** Formats an attempt: its state, and its entries. */
export function formatAttempt(
  output: Output,
  state: AttemptState,
  describe: (entry: AttemptEntry) => string,
): readonly string[] {
  const { model, number, request, phase, result, version, rollout } = state;
  const [head = '', ...lines] = table(
    ['time', 'actor', 'event', 'reason'],
    state.entries
      .filter(({ type }) => type !== 'driven')
      .map((entry) => [
        formatTime(new Date(entry.at).toISOString()),
        oneLine(entry.actor),
        describe(entry),
        oneLine(entry.reason),
      ]),
  );
  const tone =
    result === 'promoted' || result === 'pushed' ? 'good' : phase === 'ended' ? 'bad' : 'strong';
  return [
    ...fields([
      [
        'attempt',
        `${oneLine(model)}-${number}: ${request.trigger}, derived from version ${request.parent}`,
      ],
      ['status', output.paint(tone, result ?? phase)],
      ['candidate', version === undefined ? undefined : `version ${version}`],
      ['rollout', rollout === undefined ? undefined : `${oneLine(model)}-${rollout}`],
    ]),
    '',
    ...[output.paint('faint', head), ...lines],
  ];
}

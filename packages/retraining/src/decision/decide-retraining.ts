import type { RetrainingPolicy, RetrainingTrigger } from '../policy/retraining-policy.ts';
import type { RetrainingFacts } from './retraining-facts.ts';

/** Answer about a trigger or a limit, with its reason in words. */
export interface RetrainingCheck<Name extends string> {
  readonly name: Name;
  /** Of a trigger true if it is due, of a limit true if it permits an attempt. */
  readonly holds: boolean;
  readonly reason: string;
}

/** Limit of a policy, or a condition of every attempt. */
export type RetrainingLimit = 'champion' | 'running' | 'cooldown' | 'budget' | 'rows';

/** Decision whether a model is retrained now. */
export interface RetrainingDecision {
  readonly due: boolean;
  /** The first trigger that is due, also where a limit forbids an attempt. */
  readonly trigger?: RetrainingTrigger | undefined;
  /** Reason in words. */
  readonly reason: string;
  readonly triggers: readonly RetrainingCheck<RetrainingTrigger>[];
  readonly limits: readonly RetrainingCheck<RetrainingLimit>[];
}

const HOUR_MS = 3_600_000;
const MAX_NAMED = 5;

/**
 * Decides whether a model is to be retrained: at least one trigger of the policy is due, and every limit permits it. A pure function.
 *
 * A trigger without data is not due: a missing verdict is no drift, and few labels are no bad performance.
 *
 * @param now the time in milliseconds since the epoch
 *
 * @example
 * ```ts
 * import { decideRetraining, readPolicy } from '@fairlead/retraining';
 *
 * const policy = readPolicy({ triggers: { labels: { count: 500 } }, training: { command: ['./train'] } });
 * const facts = { champion: { version: 3, since: 0 }, attemptsThisMonth: 0, newLabels: 620, labeledRows: 2_000 };
 * const { due, reason } = decideRetraining(policy, facts, Date.now());
 * console.log(due, reason); // true 620 new labels, and the policy retrains from 500
 * ```
 */
export function decideRetraining(
  policy: RetrainingPolicy,
  facts: RetrainingFacts,
  now: number,
): RetrainingDecision {
  const triggers = [
    ...schedule(policy, facts, now),
    ...drift(policy, facts, now),
    ...performance(policy, facts),
    ...labels(policy, facts),
  ];
  const limits = checkLimits(policy, facts, now);
  const trigger = triggers.find(({ holds }) => holds);
  const forbidden = limits.find(({ holds }) => !holds);
  const due = trigger !== undefined && forbidden === undefined;
  return {
    ...{ due, triggers, limits, reason: reasonOf(triggers, trigger, forbidden) },
    ...(trigger !== undefined && { trigger: trigger.name }),
  };
}

function reasonOf(
  triggers: RetrainingDecision['triggers'],
  trigger: RetrainingCheck<RetrainingTrigger> | undefined,
  forbidden: RetrainingCheck<RetrainingLimit> | undefined,
): string {
  if (trigger === undefined) {
    return triggers.length === 0
      ? 'the policy has no trigger: it is retrained by hand'
      : triggers.map(({ reason }) => reason).join('; ');
  }
  return forbidden === undefined ? trigger.reason : `${trigger.reason}; but ${forbidden.reason}`;
}

type TriggerChecks = readonly RetrainingCheck<RetrainingTrigger>[];

function schedule(
  { triggers }: RetrainingPolicy,
  facts: RetrainingFacts,
  now: number,
): TriggerChecks {
  if (triggers.schedule === undefined) return [];
  const { everyHours } = triggers.schedule;
  const from = facts.last?.requestedAt ?? facts.champion?.since;
  if (from === undefined) return [check('schedule', false, 'there is no version to count from')];
  const since = facts.last === undefined ? 'the version is in use' : 'the last attempt';
  const passed = Math.max(0, now - from) / HOUR_MS;
  return [
    check(
      'schedule',
      passed >= everyHours,
      `${hours(passed)} since ${since}, and the policy retrains every ${hours(everyHours)}`,
    ),
  ];
}

function drift({ triggers }: RetrainingPolicy, facts: RetrainingFacts, now: number): TriggerChecks {
  if (triggers.drift === undefined) return [];
  const { minColumns, maxAgeHours, unit } = triggers.drift;
  const verdict = facts.drift;
  const answer = (holds: boolean, reason: string) => [check('drift', holds, reason)];
  if (verdict === undefined) {
    return answer(false, `there is no verdict on drift of a finished ${unit}`);
  }
  const { status, to, columns } = verdict;
  const time = new Date(to).toISOString().slice(0, 16) + 'Z';
  if (status !== 'drift') return answer(false, `no drift until ${time}: ${status}`);
  if (now - to > maxAgeHours * HOUR_MS) {
    return answer(
      false,
      `the newest verdict on drift, until ${time}, is older than ${hours(maxAgeHours)}`,
    );
  }
  const until = facts.last?.datasetUntil;
  if (until !== undefined && to <= until) {
    return answer(
      false,
      `drift until ${time} was in the dataset of attempt ${facts.last?.number ?? 0}`,
    );
  }
  const named = columns.slice(0, MAX_NAMED).join(', ');
  const more = columns.length > MAX_NAMED ? ` and ${columns.length - MAX_NAMED} more` : '';
  const found = `drift of ${named}${more} until ${time}`;
  if (columns.length >= minColumns) return answer(true, found);
  return answer(false, `${found}; the policy needs ${minColumns} columns`);
}

function performance({ triggers }: RetrainingPolicy, facts: RetrainingFacts): TriggerChecks {
  if (triggers.performance === undefined) return [];
  const { metric, min, max, minRows, basis, days } = triggers.performance;
  const answer = (holds: boolean, reason: string) => [check('performance', holds, reason)];
  const found = facts.performance;
  if (found === undefined)
    return answer(false, `${metric} of the last ${plural(days, 'day')} is unknown`);
  const value = `${metric} is ${Number(found.value.toPrecision(4))} (${found.basis}, ${plural(found.rows, 'row')})`;
  if (found.basis === 'estimated' && basis === 'measured') {
    return answer(false, `${value}, and the policy needs a measured one`);
  }
  if (found.rows < minRows)
    return answer(false, `${value}, and the policy needs ${plural(minRows, 'row')}`);
  if (min !== undefined && found.value < min) return answer(true, `${value}, below ${min}`);
  if (max !== undefined && found.value > max) return answer(true, `${value}, above ${max}`);
  return answer(false, `${value}, within its limit`);
}

function labels({ triggers }: RetrainingPolicy, { newLabels }: RetrainingFacts): TriggerChecks {
  if (triggers.labels === undefined) return [];
  const { count } = triggers.labels;
  if (newLabels === undefined)
    return [check('labels', false, 'the number of new labels is unknown')];
  return [
    check(
      'labels',
      newLabels >= count,
      `${plural(newLabels, 'new label')}, and the policy retrains from ${count}`,
    ),
  ];
}

function checkLimits(
  { limits, dataset, alias }: RetrainingPolicy,
  { champion, last, attemptsThisMonth, labeledRows }: RetrainingFacts,
  now: number,
): RetrainingDecision['limits'] {
  const passed = last === undefined ? Infinity : Math.max(0, now - last.requestedAt) / HOUR_MS;
  return [
    check(
      'champion',
      champion !== undefined,
      champion === undefined
        ? `the alias "${alias}" points to no version`
        : `version ${champion.version} is retrained`,
    ),
    check(
      'running',
      last?.isEnded !== false,
      last?.isEnded === false ? `attempt ${last.number} hasn't ended` : 'no attempt is running',
    ),
    check(
      'cooldown',
      passed >= limits.cooldownHours,
      last === undefined
        ? 'there was no attempt yet'
        : `${hours(passed)} since attempt ${last.number}, and the policy waits for ${hours(limits.cooldownHours)}`,
    ),
    check(
      'budget',
      attemptsThisMonth < limits.maxPerMonth,
      `${plural(attemptsThisMonth, 'attempt')} this month of at most ${limits.maxPerMonth}`,
    ),
    check(
      'rows',
      labeledRows === undefined || labeledRows >= dataset.minRows,
      labeledRows === undefined
        ? 'rows with a label are counted when the dataset is made'
        : `${plural(labeledRows, 'row')} with a label in ${plural(dataset.days, 'day')}, and the policy needs ${dataset.minRows}`,
    ),
  ];
}

function check<Name extends string>(
  name: Name,
  holds: boolean,
  reason: string,
): RetrainingCheck<Name> {
  return { name, holds, reason };
}

function hours(count: number): string {
  if (count >= 48) return plural(round(count / 24), 'day');
  return count >= 1 || count === 0
    ? plural(round(count), 'hour')
    : plural(round(count * 60), 'minute');
}

function round(value: number): number {
  return Math.floor(value * 10) / 10;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

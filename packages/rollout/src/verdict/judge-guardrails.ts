import { countNoun } from '../count-noun.ts';
import { LABEL_EVENT, MAX_LABELS, orderOf } from '../counts/event-counts.ts';
import type { StepCounts } from '../counts/step-counts.ts';
import type { LabelGuardrail, RateGuardrail, RolloutPlan } from '../plan/rollout-plan.ts';
import { ratioInterval, splitEvidence, type EventSplit } from '../statistics/event-split.ts';
import { alphaShares } from './alpha-shares.ts';
import { countCandidate, countEvents, hasEvent } from './count-units.ts';
import { toleratedEvidence, unitsBelow } from './required-units.ts';
import type { GuardrailResult } from './rollout-verdict.ts';
import { samplingPenalty } from './sampling-penalty.ts';

/** Larger ratios aren't shown. */
const MAX_SHOWN = 1000;

/** Judges each guardrail of a plan; the probability that any of them fails without cause, at any time, is `alpha` at most. */
export function judgeGuardrails(
  plan: RolloutPlan,
  steps: readonly StepCounts[],
): readonly GuardrailResult[] {
  const { failures, slow, labels, changedLabels } = plan.guardrails;
  const { guardrail: alpha, refusals } = alphaShares(plan);
  const results = [judgeRate({ plan, steps, alpha, name: 'failures', limits: failures })];
  if (slow !== undefined) {
    results.push(judgeRate({ plan, steps, alpha, name: 'slow', limits: slow }));
  }
  if (labels !== undefined) results.push(judgeLabels(plan, steps, labels, alpha));
  if (changedLabels !== undefined) {
    results.push(judgeChangedLabels(plan, steps, changedLabels.max, alpha));
  }
  if (plan.kind !== 'shadow') {
    for (const refusal of REFUSALS) results.push(judgeRefusals(plan, steps, refusal, refusals));
  }
  return results;
}

/** Requests that the client is to blame for, unless the candidate gets more of them than the baseline. */
const REFUSALS = [
  { name: 'invalid', event: 'invalid', noun: 'invalid requests' },
  { name: 'canceled', event: 'canceled', noun: 'canceled requests' },
] as const;

function judgeRefusals(
  plan: RolloutPlan,
  steps: readonly StepCounts[],
  { name, event, noun }: (typeof REFUSALS)[number],
  alpha: number,
): GuardrailResult {
  const { value: splits, level } = countEvents(plan, steps, event);
  const evidence =
    (splitEvidence(splits, { above: 1 }) - samplingPenalty(level)) / -Math.log(alpha);
  const ratio = ratioInterval(splits, alpha);
  const { units } = countCandidate(plan, steps, event).value;
  const explanation = describe(noun, splits, ratio, countNoun(units, unitOf(plan)));
  return {
    name,
    status: evidence >= 1 ? 'failed' : 'passed',
    evidence,
    explanation,
    events: totals(splits),
    ratio,
  };
}

/** Names of events, and how texts call them. */
const EVENTS = {
  failures: { event: 'failure', noun: 'failures' },
  slow: { event: 'slow', noun: 'slow requests' },
  changedLabels: { event: 'changed-label', noun: 'changed labels' },
} as const;
/** Copies of a shadow where both versions predicted a label. */
const LABELED = 'labeled';

interface RateCheck {
  readonly plan: RolloutPlan;
  readonly steps: readonly StepCounts[];
  readonly alpha: number;
  readonly name: 'failures' | 'slow';
  readonly limits: RateGuardrail;
}

function judgeRate({ plan, steps, alpha, name, limits }: RateCheck): GuardrailResult {
  const { event, noun } = EVENTS[name];
  // Cached answers are quick, and a version that was just loaded has fewer: then those that were computed are compared.
  const among = name === 'slow' && hasEvent(steps, 'cached') ? 'computed' : undefined;
  const { value: splits, level } = countEvents(plan, steps, event, among);
  const evidence = (hypothesis: { above: number } | { below: number }): number =>
    splitEvidence(splits, hypothesis) - samplingPenalty(level);
  const own = countCandidate(plan, steps, event, among);
  const { units, events } = own.value;
  // A long time without a failure must not hide that the present step has them.
  const current = countCandidate(plan, steps.slice(-1), event, among).value;
  const isTolerated =
    limits.tolerated > 0 &&
    current.events <= limits.tolerated * current.units &&
    splitEvidence([{ share: limits.tolerated, candidate: events, baseline: units - events }], {
      below: 1,
    }) -
      samplingPenalty(own.level) >=
      toleratedEvidence(plan.alpha);
  // A candidate is promoted wrongly only if the worst of its guardrails passes wrongly, so each of them may use the whole alpha, by its two ways.
  const isEqual =
    evidence({ below: 1 + limits.margin }) >= Math.log((limits.tolerated > 0 ? 2 : 1) / plan.alpha);
  const worse = evidence({ above: 1 }) / -Math.log(alpha);
  const ratio = ratioInterval(splits, alpha);
  const status = isTolerated || isEqual ? 'passed' : worse >= 1 ? 'failed' : 'undecided';
  const counted = countNoun(units, unitOf(plan));
  const eventsOfBoth = totals(splits);
  const explanation = isTolerated
    ? `${noun}: ${events} of ${counted}, below the tolerated ${percent(limits.tolerated)}`
    : describe(noun, splits, ratio, counted) +
      (eventsOfBoth.candidate + eventsOfBoth.baseline === 0 && limits.tolerated > 0
        ? `; ${unitsBelow(limits.tolerated, toleratedEvidence(plan.alpha), own.level)} without one show a rate below the tolerated ${percent(limits.tolerated)}`
        : '');
  return { name, status, evidence: worse, explanation, events: eventsOfBoth, ratio };
}

function judgeLabels(
  plan: RolloutPlan,
  steps: readonly StepCounts[],
  { margin, edges }: LabelGuardrail,
  alpha: number,
): GuardrailResult {
  const names = new Set(
    steps.flatMap(({ variants }) =>
      [...variants.values()].flatMap(({ events }) => [...events.keys()]),
    ),
  );
  // Each label may be too frequent or too rare. The number of labels depends on the counts, so that the highest one is used.
  const required = Math.log((2 * MAX_LABELS) / alpha);
  let worst = { evidence: -Infinity, label: '', splits: [] as readonly EventSplit[] };
  // Those that every variant counts, if it has them at all.
  const compared = [...names]
    .filter((name) => name.startsWith(LABEL_EVENT))
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
    .slice(0, MAX_LABELS);
  for (const event of compared) {
    const { value: splits, level } = countEvents(plan, steps, event);
    const evidence =
      Math.max(
        splitEvidence(splits, { above: 1 + margin }),
        splitEvidence(splits, { below: 1 / (1 + margin) }),
      ) - samplingPenalty(level);
    if (evidence > worst.evidence) {
      worst = { evidence, label: event.slice(LABEL_EVENT.length), splits };
    }
  }
  const { evidence, label, splits } = worst;
  const ratio = ratioInterval(splits, alpha / MAX_LABELS);
  const [name, noun] =
    edges === undefined
      ? ['labels', `label ${JSON.stringify(label)}`]
      : ['scores', label === 'NaN' ? 'outputs that are no number' : `scores ${label}`];
  return {
    name,
    status: splits.length === 0 ? 'undecided' : evidence >= required ? 'failed' : 'passed',
    evidence: splits.length === 0 ? 0 : evidence / required,
    explanation:
      splits.length === 0
        ? `${name}: none was predicted`
        : `${noun}: ${describeRatio(ratio)}, with ${describeEvents(splits)}`,
    events: totals(splits),
    ratio,
  };
}

function judgeChangedLabels(
  plan: RolloutPlan,
  steps: readonly StepCounts[],
  max: number,
  alpha: number,
): GuardrailResult {
  const { event, noun } = EVENTS.changedLabels;
  const { value, level } = countCandidate(plan, steps, event, LABELED);
  const { units, events } = value;
  const split = { share: max, candidate: events, baseline: units - events };
  const evidence = (hypothesis: { above: number } | { below: number }): number =>
    splitEvidence([split], hypothesis) - samplingPenalty(level);
  const worse = evidence({ above: 1 }) / -Math.log(alpha);
  const passed = evidence({ below: 1 }) >= -Math.log(plan.alpha);
  return {
    name: 'changedLabels',
    status: worse >= 1 ? 'failed' : passed ? 'passed' : 'undecided',
    evidence: worse,
    explanation:
      units === 0
        ? `${noun}: no copy has had a label yet`
        : `${noun}: ${events} of ${countNoun(units, unitOf(plan))}; the limit is ${percent(max)}`,
    events: { candidate: events, baseline: 0 },
    ratio: ratioInterval([split], alpha),
  };
}

function unitOf({ unit }: RolloutPlan): string {
  return unit === 'key' ? 'user' : 'request';
}

function describe(
  noun: string,
  splits: readonly EventSplit[],
  ratio: GuardrailResult['ratio'],
  units: string,
): string {
  const { candidate, baseline } = totals(splits);
  if (candidate + baseline === 0) return `${noun}: none yet, with ${units} of the candidate`;
  return `${noun}: ${describeRatio(ratio)}, with ${describeEvents(splits)}`;
}

function totals(splits: readonly EventSplit[]): GuardrailResult['events'] {
  return {
    candidate: splits.reduce((sum, { candidate }) => sum + candidate, 0),
    baseline: splits.reduce((sum, { baseline }) => sum + baseline, 0),
  };
}

function describeEvents(splits: readonly EventSplit[]): string {
  const { candidate, baseline } = totals(splits);
  return `${candidate} of the candidate and ${baseline} of the baseline`;
}

function describeRatio({ lower, estimate, upper }: GuardrailResult['ratio']): string {
  const times = 'times the rate of the baseline';
  // Where only one of both has events, one side is unlimited.
  if (upper > MAX_SHOWN) return `at least ${lower.toFixed(2)} ${times}`;
  if (lower < 1 / MAX_SHOWN) return `at most ${upper.toFixed(2)} ${times}`;
  return `${estimate.toFixed(2)} ${times} (${lower.toFixed(2)} to ${upper.toFixed(2)})`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

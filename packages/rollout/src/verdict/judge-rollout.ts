import { countNoun } from '../count-noun.ts';
import { BASELINE, CANDIDATE } from '../assignment/variants.ts';
import { checkInteger, checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import type { StepCounts } from '../counts/step-counts.ts';
import type { RolloutPlan } from '../plan/rollout-plan.ts';
import { sampleRatioEvidence } from '../statistics/sample-ratio.ts';
import { countOutcomes, type OutcomeTotals } from './count-outcomes.ts';
import { countRequests, countUnits } from './count-units.ts';
import {
  decideOutcomes,
  endUndecided,
  endWorse,
  type JudgedOutcomes,
} from './decide-experiment.ts';
import { judgeGuardrails } from './judge-guardrails.ts';
import { hasUserMismatch, judgeOutcomes } from './judge-outcomes.ts';
import { SAMPLE_RATIO_ALPHA } from './rollout-verdict.ts';
import type { RolloutVerdict, SampleRatioResult } from './rollout-verdict.ts';
import { samplingPenalty } from './sampling-penalty.ts';

/** State of a rollout that is to be judged. */
export interface JudgedRollout {
  readonly plan: RolloutPlan;
  /** Current step, from 0. */
  readonly step: number;
  /** Begin of the rollout, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Begin of the current step. */
  readonly stepStartedAt: number;
  /** Counts of all hosts, one for each step so far that had a request. */
  readonly counts: readonly StepCounts[];
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

const MANY_REQUESTS = 100;
const FEW_USERS = 3;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Judges a rollout. It may be called at any time and as often as you like: the probability that a candidate which is as good as the baseline is ever rolled back
 * is at most `alpha` of the plan, and so is that of promoting one that exceeds a margin.
 *
 * A guardrail that failed rolls back; traffic that isn't split as planned holds; too little time or too few requests are insufficient data. Then a step is followed by
 * the next one, and the last one by the promotion, once every guardrail has passed.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a step that the plan doesn't have, and counts of the same step twice
 *
 * @example
 * ```ts
 * import { judgeRollout, readPlan, StepCounts } from '@fairlead/rollout';
 *
 * const plan = readPlan({ baseline: '3', candidate: '4', unit: 'request', steps: [{ share: 0.5 }] });
 * const counts = new StepCounts({ rollout: 'churn-4', step: 0 });
 * for (let i = 0; i < 2000; i += 1) {
 *   counts.add({ variant: 'baseline', events: [] });
 *   counts.add({ variant: 'candidate', events: i % 100 === 0 ? ['failure'] : [] });
 * }
 * const verdict = judgeRollout({ plan, step: 0, startedAt: 0, stepStartedAt: 0, counts: [counts], now: 1_800_000 });
 * console.log(verdict.decision); // roll back
 * console.log(verdict.reason); // failures: at least 1.52 times the rate of the baseline, with 20 of the candidate and 0 of the baseline
 * ```
 */
export function judgeRollout(rollout: JudgedRollout): RolloutVerdict {
  const { plan, step, counts } = checkRollout(rollout);
  const guardrails = judgeGuardrails(plan, counts);
  const totals = plan.outcomes === undefined ? undefined : countOutcomes(plan, counts);
  const sampleRatio = checkSampleRatio(plan, counts, totals);
  const experiment = totals === undefined ? undefined : judgeExperiment(rollout, totals);
  const current = counts.find((each) => each.step === step);
  const [candidate, baseline] = current === undefined ? [0, 0] : countRequests(current);
  const requests = { candidate, total: candidate + baseline };
  const decided = decide(rollout, requests, { guardrails, sampleRatio }, experiment);
  return {
    ...decided,
    ...{ step, requests: { candidate, baseline }, guardrails, sampleRatio },
    ...experiment,
  };
}

function judgeExperiment(
  { plan, startedAt, now }: JudgedRollout,
  totals: OutcomeTotals,
): JudgedOutcomes {
  const every = 2 ** totals.level;
  const users =
    every * totals.users.reduce((sum, { candidate, baseline }) => sum + candidate + baseline, 0);
  const planned = plan.outcomes?.users ?? 0;
  const perHour = (users * HOUR_MS) / Math.max(MINUTE_MS, now - startedAt);
  const hoursLeft = users === 0 ? undefined : Math.max(0, planned - users) / perHour;
  return {
    outcomes: judgeOutcomes(plan, totals),
    progress: { users, planned, every, hoursLeft },
  };
}

function decide(
  { plan, step, startedAt, stepStartedAt, now }: JudgedRollout,
  { candidate: requests, total }: { readonly candidate: number; readonly total: number },
  { guardrails, sampleRatio }: Pick<RolloutVerdict, 'guardrails' | 'sampleRatio'>,
  experiment: JudgedOutcomes | undefined,
): Pick<RolloutVerdict, 'decision' | 'reason'> {
  const isMismatch = sampleRatio.status === 'mismatch';
  // Outcomes of a wrong split say nothing.
  const outcomes = isMismatch ? [] : (experiment?.outcomes ?? []);
  const failed = [...guardrails, ...outcomes].filter(({ status }) => status === 'failed');
  if (failed.length > 0) {
    return {
      decision: 'roll back',
      reason: failed.map(({ explanation }) => explanation).join('; '),
    };
  }
  if (now - startedAt > plan.maxHours * HOUR_MS) {
    if (experiment !== undefined) return endUndecided(plan, experiment);
    return { decision: 'roll back', reason: `undecided after ${countNoun(plan.maxHours, 'hour')}` };
  }
  if (isMismatch) return { decision: 'hold', reason: describeMismatch(sampleRatio) };
  const fewUsers = findFewUsers(plan, sampleRatio, total);
  if (fewUsers !== undefined) return { decision: 'insufficient data', reason: fewUsers };
  const worse = experiment === undefined ? undefined : endWorse(experiment);
  if (worse !== undefined) return worse;
  const { minMinutes, minRequests } = plan.steps[step] ?? { minMinutes: 0, minRequests: 1 };
  if (requests < minRequests) {
    const found = requests === 0 ? 'no request' : countNoun(requests, 'request');
    return {
      decision: 'insufficient data',
      reason: `${found} of the candidate in step ${step + 1}; it needs ${minRequests}`,
    };
  }
  const minutes = (now - stepStartedAt) / MINUTE_MS;
  if (minutes < minMinutes) {
    return {
      decision: 'insufficient data',
      reason: `step ${step + 1} has lasted ${Math.floor(minutes)} of ${countNoun(minMinutes, 'minute')}`,
    };
  }
  if (step + 1 < plan.steps.length) {
    return { decision: 'advance', reason: `step ${step + 1} showed no limit exceeded` };
  }
  const held = experiment === undefined ? undefined : decideOutcomes(plan, experiment);
  if (held !== undefined) return held;
  const undecided = guardrails.filter(({ status }) => status === 'undecided');
  if (undecided.length > 0) {
    return {
      decision: 'hold',
      reason: `undecided: ${undecided.map(({ explanation }) => explanation).join('; ')}`,
    };
  }
  return {
    decision: 'promote',
    reason: [...outcomes.filter(({ role }) => role !== 'reported'), ...guardrails]
      .filter(({ name }) => name !== 'invalid' && name !== 'canceled')
      .map(({ explanation }) => explanation)
      .join('; '),
  };
}

/** A share of one user is all or nothing: then the requests have no key that distinguishes users. */
function findFewUsers(
  { unit, kind }: RolloutPlan,
  { steps }: SampleRatioResult,
  requests: number,
): string | undefined {
  if (unit === 'request' || kind === 'shadow' || requests < MANY_REQUESTS) return undefined;
  const users = steps.reduce((sum, { candidate, baseline }) => sum + candidate + baseline, 0);
  if (users > FEW_USERS) return undefined;
  const keys = countNoun(users, 'routing key');
  return `all ${requests} requests of the step have ${keys}: set FAIRLEAD_ROUTING_KEY_HEADER, or split by request`;
}

function checkSampleRatio(
  plan: RolloutPlan,
  counts: readonly StepCounts[],
  totals: OutcomeTotals | undefined,
): SampleRatioResult {
  const { value, level } = countUnits(plan, counts);
  // A shadow gets the same requests as the baseline: there is no split.
  const isMismatch =
    plan.kind !== 'shadow' &&
    (sampleRatioEvidence(value) - samplingPenalty(level) >= -Math.log(SAMPLE_RATIO_ALPHA) ||
      (totals !== undefined && hasUserMismatch(plan, totals)));
  const steps = value.map(({ shares, counts: [candidate = 0, baseline = 0] }, index) => ({
    step: counts[index]?.step ?? index,
    planned: shares[0] ?? 0,
    candidate,
    baseline,
  }));
  return { status: isMismatch ? 'mismatch' : 'ok', every: 2 ** level, steps };
}

function describeMismatch({ steps }: SampleRatioResult): string {
  const shares = steps.map(({ step, planned, candidate, baseline }) => {
    const found = (candidate / Math.max(1, candidate + baseline)) * 100;
    return `step ${step + 1} has ${found.toFixed(2)} % in place of ${Number((planned * 100).toPrecision(4))} %`;
  });
  return `traffic isn't split as planned, so nothing can be concluded: the ${CANDIDATE} in ${shares.join(', ')} (the ${BASELINE} has the rest)`;
}

function checkRollout(rollout: JudgedRollout): JudgedRollout {
  const { plan, step, startedAt, stepStartedAt, counts, now } = checkOptions(
    'judgeRollout',
    rollout,
    {
      plan: 'required',
      step: 'required',
      startedAt: 'required',
      stepStartedAt: 'required',
      counts: 'required',
      now: 'required',
    },
  );
  checkInteger('judgeRollout: step', step, 0, plan.steps.length - 1);
  for (const [name, time] of Object.entries({ startedAt, stepStartedAt, now })) {
    checkNumber(`judgeRollout: ${name}`, time, 0, Number.MAX_SAFE_INTEGER);
  }
  const seen = new Set<number>();
  for (const { step: of } of counts) {
    if (of > step || seen.has(of)) {
      throw invalidOption(
        `judgeRollout: counts of step ${of} ${of > step ? `are of the future: the current one is step ${step}` : 'are given twice; merge them'}.`,
      );
    }
    seen.add(of);
  }
  return { ...rollout, counts: [...counts].sort((a, b) => a.step - b.step) };
}

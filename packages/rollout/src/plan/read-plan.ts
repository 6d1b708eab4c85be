import { describeValue } from '@fairlead/signature';
import { MAX_LABELS } from '../counts/event-counts.ts';
import { choice, fields, integer, invalid, number, type Fields } from './read-fields.ts';
import { readOutcomes, type OutcomePlanInput } from './read-outcomes.ts';
import type {
  Guardrails,
  PlanStep,
  RateGuardrail,
  RolloutKind,
  RolloutPlan,
} from './rollout-plan.ts';

/** Plan as it is written by hand: all but the versions has a default. */
export interface RolloutPlanInput {
  /** @defaultValue 'canary' */
  readonly kind?: RolloutKind | undefined;
  /** @defaultValue 'champion' */
  readonly alias?: string | undefined;
  readonly baseline: string;
  readonly candidate: string;
  /** @defaultValue 'key' */
  readonly unit?: 'key' | 'request' | undefined;
  /** @defaultValue shares of 1, 10 and 50 %, each for 10 minutes and 100 requests at least; of a shadow 10 %, of an A/B test 50 % for a day */
  readonly steps?: readonly Partial<PlanStep>[] | undefined;
  /** @defaultValue failures with a margin of 0.5, and a rate of 0.005 tolerated */
  readonly guardrails?:
    | {
        readonly failures?: Partial<Guardrails['failures']> | undefined;
        readonly slow?:
          (Pick<NonNullable<Guardrails['slow']>, 'overMs'> & Partial<RateGuardrail>) | undefined;
        readonly labels?: Partial<NonNullable<Guardrails['labels']>> | undefined;
        readonly changedLabels?: Partial<NonNullable<Guardrails['changedLabels']>> | undefined;
      }
    | undefined;
  /** Outcomes of an A/B test, which needs them. */
  readonly outcomes?: OutcomePlanInput | undefined;
  /** @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** @defaultValue 168 (a week); of an A/B test 672 (four weeks) */
  readonly maxHours?: number | undefined;
}

const VERSION = /^[1-9]\d{0,15}$/;
const ALIAS = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const MAX_STEPS = 20;
/** Users of each step of an A/B test are counted separately. */
const MAX_EXPERIMENT_STEPS = 5;
const DEFAULT_SHARES = { canary: [0.01, 0.1, 0.5], shadow: [0.1], experiment: [0.5] };
const DEFAULT_HOURS = { canary: 168, shadow: 168, experiment: 672 };
const DAY_MINUTES = 1440;
/** Limits between the intervals of a numeric output: each interval is counted as a label, and so is NaN. */
const MAX_EDGES = MAX_LABELS - 2;

/**
 * Checks a plan, and fills in the defaults.
 *
 * @throws RolloutError `ERR_ROLLOUT_PLAN_INVALID` naming the field, its value, and what it may be
 *
 * @example
 * ```ts
 * import { readPlan } from '@fairlead/rollout';
 *
 * const plan = readPlan({ baseline: '3', candidate: '4' });
 * console.log(plan.steps.map(({ share }) => share)); // [ 0.01, 0.1, 0.5 ]
 * console.log(plan.guardrails.failures); // { margin: 0.5, tolerated: 0.005 }
 * ```
 */
export function readPlan(input: RolloutPlanInput): RolloutPlan {
  const plan = fields('plan', input, [
    'kind',
    'alias',
    'baseline',
    'candidate',
    'unit',
    'steps',
    'guardrails',
    'outcomes',
    'alpha',
    'maxHours',
  ]);
  const kind = choice('kind', plan.kind ?? 'canary', ['canary', 'shadow', 'experiment']);
  const [baseline, candidate] = [version('baseline', plan), version('candidate', plan)];
  if (baseline === candidate) {
    throw invalid(`candidate is version ${candidate}, which is the baseline. Name another version`);
  }
  const unit = choice('unit', plan.unit ?? 'key', ['key', 'request']);
  if (kind === 'experiment' && unit === 'request') {
    throw invalid('unit is "request", but an A/B test counts users. Use "key"');
  }
  const outcomes = readOutcomes(plan.outcomes, kind);
  return {
    kind,
    alias: alias(plan.alias ?? 'champion'),
    baseline,
    candidate,
    unit,
    steps: readSteps(plan.steps, kind),
    guardrails: readGuardrails(plan.guardrails, kind),
    ...(outcomes !== undefined && { outcomes }),
    alpha: number('alpha', plan.alpha ?? 0.05, 0.0001, 0.5),
    maxHours: number('maxHours', plan.maxHours ?? DEFAULT_HOURS[kind], 0.01, 8760),
  };
}

function readSteps(value: unknown, kind: RolloutKind): readonly PlanStep[] {
  const given = value ?? DEFAULT_SHARES[kind].map((share) => ({ share }));
  const max = kind === 'experiment' ? MAX_EXPERIMENT_STEPS : MAX_STEPS;
  if (!Array.isArray(given) || given.length === 0 || given.length > max) {
    throw invalid(
      `steps must be a list of 1 to ${max}, such as [{ "share": 0.1 }], got ${describeValue(value)}`,
    );
  }
  let before = 0;
  return given.map((each: unknown, index) => {
    const path = `steps[${index}]`;
    const step = fields(path, each, ['share', 'minMinutes', 'minRequests']);
    const share = number(`${path}.share`, step.share, 0.0001, kind === 'shadow' ? 1 : 0.9999);
    if (share <= before) {
      throw invalid(`${path}.share is ${share}; it must be more than the ${before} before it`);
    }
    before = share;
    // Outcomes of a day are compared, since users differ by the hour.
    const isLast = index === given.length - 1;
    const minMinutes = kind === 'experiment' && isLast ? DAY_MINUTES : 10;
    return {
      share,
      minMinutes: number(`${path}.minMinutes`, step.minMinutes ?? minMinutes, 0, 525_600),
      minRequests: integer(`${path}.minRequests`, step.minRequests ?? 100),
    };
  });
}

function readGuardrails(value: unknown, kind: RolloutKind): Guardrails {
  const given = fields('guardrails', value ?? {}, ['failures', 'slow', 'labels', 'changedLabels']);
  const failures = fields('guardrails.failures', given.failures ?? {}, ['margin', 'tolerated']);
  const limits: { -readonly [Name in keyof Guardrails]: Guardrails[Name] } = {
    failures: rate('guardrails.failures', failures),
  };
  if (given.slow !== undefined) {
    const path = 'guardrails.slow';
    if (kind === 'shadow') {
      throw invalid(
        `${path} isn't for a shadow, which runs after all other requests. Use a canary`,
      );
    }
    const slow = fields(path, given.slow, ['overMs', 'margin', 'tolerated']);
    limits.slow = {
      overMs: number(`${path}.overMs`, slow.overMs, 0.001, 86_400_000),
      ...rate(path, slow),
    };
  }
  if (given.labels !== undefined) {
    if (kind === 'shadow') {
      throw invalid(
        "guardrails.labels isn't for a shadow, which answers the same requests. Use changedLabels",
      );
    }
    const { margin = 0.5, edges } = fields('guardrails.labels', given.labels, ['margin', 'edges']);
    limits.labels = {
      margin: number('guardrails.labels.margin', margin, 0.01, 6),
      ...(edges !== undefined && { edges: readEdges('guardrails.labels.edges', edges) }),
    };
  }
  if (given.changedLabels !== undefined) {
    const path = 'guardrails.changedLabels';
    if (kind !== 'shadow') {
      throw invalid(`${path} needs a shadow, which answers the same requests. Use labels`);
    }
    const { max = 0.05 } = fields(path, given.changedLabels, ['max']);
    limits.changedLabels = { max: number(`${path}.max`, max, 0.0001, 0.9) };
  }
  return limits;
}

function readEdges(path: string, value: unknown): readonly number[] {
  const isAscending =
    Array.isArray(value) &&
    value.every((edge, index) => Number.isFinite(edge) && (index === 0 || edge > value[index - 1]));
  if (isAscending && value.length >= 1 && value.length <= MAX_EDGES) return value as number[];
  throw invalid(
    `${path} must be 1 to ${MAX_EDGES} ascending numbers, such as [0.25, 0.5, 0.75], got ${describeValue(value)}`,
  );
}

function rate(path: string, { margin = 0.5, tolerated = 0.005 }: Fields): RateGuardrail {
  return {
    margin: number(`${path}.margin`, margin, 0.01, 6),
    tolerated: number(`${path}.tolerated`, tolerated, 0, 0.5),
  };
}

function version(name: 'baseline' | 'candidate', plan: Fields): string {
  const value = plan[name];
  if (typeof value === 'string' && VERSION.test(value)) return value;
  throw invalid(`${name} must be a version such as "4", got ${describeValue(value)}`);
}

function alias(value: unknown): string {
  if (typeof value === 'string' && ALIAS.test(value)) return value;
  throw invalid(`alias must be a name such as "champion", got ${describeValue(value)}`);
}

import { closestName, describeValue } from '@fairlead/signature';
import { RolloutError } from '../rollout-error.ts';
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
  /** @defaultValue shares of 1, 10 and 50 %, each for 10 minutes and 100 requests at least; of a shadow 10 % */
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
  /** @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** @defaultValue 168 (a week) */
  readonly maxHours?: number | undefined;
}

const VERSION = /^[1-9]\d{0,15}$/;
const ALIAS = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const MAX_STEPS = 20;
const DEFAULT_SHARES = { canary: [0.01, 0.1, 0.5], shadow: [0.1] };

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
    'alpha',
    'maxHours',
  ]);
  const kind = choice('kind', plan.kind ?? 'canary', ['canary', 'shadow']);
  const [baseline, candidate] = [version('baseline', plan), version('candidate', plan)];
  if (baseline === candidate) {
    throw invalid(`candidate is version ${candidate}, which is the baseline. Name another version`);
  }
  return {
    kind,
    alias: alias(plan.alias ?? 'champion'),
    baseline,
    candidate,
    unit: choice('unit', plan.unit ?? 'key', ['key', 'request']),
    steps: readSteps(plan.steps, kind),
    guardrails: readGuardrails(plan.guardrails, kind),
    alpha: number('alpha', plan.alpha ?? 0.05, 0.0001, 0.5),
    maxHours: number('maxHours', plan.maxHours ?? 168, 0.01, 8760),
  };
}

function readSteps(value: unknown, kind: RolloutKind): readonly PlanStep[] {
  const given = value ?? DEFAULT_SHARES[kind].map((share) => ({ share }));
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_STEPS) {
    throw invalid(
      `steps must be a list of 1 to ${MAX_STEPS}, such as [{ "share": 0.1 }], got ${describeValue(value)}`,
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
    return {
      share,
      minMinutes: number(`${path}.minMinutes`, step.minMinutes ?? 10, 0, 525_600),
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
    const { margin = 0.5 } = fields('guardrails.labels', given.labels, ['margin']);
    limits.labels = { margin: number('guardrails.labels.margin', margin, 0.01, 6) };
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

function rate(path: string, { margin = 0.5, tolerated = 0.005 }: Fields): RateGuardrail {
  return {
    margin: number(`${path}.margin`, margin, 0.01, 6),
    tolerated: number(`${path}.tolerated`, tolerated, 0, 0.5),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(path: string, value: unknown, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${path} must be an object, got ${describeValue(value)}`);
  }
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return value as Fields;
  const meant = closestName(unknown, names);
  throw invalid(
    `${path} has an unknown field ${JSON.stringify(unknown)}; ${meant === undefined ? `it may have ${names.join(', ')}` : `did you mean ${meant}?`}`,
  );
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

function choice<T extends string>(path: string, value: unknown, values: readonly T[]): T {
  const found = values.find((each) => each === value);
  if (found !== undefined) return found;
  throw invalid(
    `${path} must be ${values.map((each) => `"${each}"`).join(' or ')}, got ${describeValue(value)}`,
  );
}

function number(path: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw invalid(`${path} must be a number from ${min} to ${max}, got ${describeValue(value)}`);
}

function integer(path: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw invalid(`${path} must be an integer from 1, got ${describeValue(value)}`);
}

function invalid(problem: string): RolloutError {
  return new RolloutError('ERR_ROLLOUT_PLAN_INVALID', `The plan of the rollout: ${problem}.`);
}

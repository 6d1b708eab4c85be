import { describeValue } from '@fairlead/signature';
import { choice, fields, integer, invalid, number } from './read-fields.ts';
import type { OutcomeMetric, OutcomePlan, RolloutKind } from './rollout-plan.ts';

/** Outcome as it is written by hand: all but the name has a default. */
export interface OutcomeMetricInput {
  readonly name: string;
  /** @defaultValue 'conversion' */
  readonly type?: OutcomeMetric['type'] | undefined;
  /** @defaultValue 'higher' */
  readonly better?: OutcomeMetric['better'] | undefined;
  /** @defaultValue 0, of a guardrail 0.05 */
  readonly smallest?: number | undefined;
  /** @defaultValue 'primary' of the only or first one, 'reported' of the others */
  readonly role?: OutcomeMetric['role'] | undefined;
  /** @defaultValue 100, of a `total` 1000: a few users may have most of it */
  readonly minUsers?: number | undefined;
}

/** Outcomes of an A/B test as they are written by hand. */
export interface OutcomePlanInput {
  readonly users: number;
  readonly metrics: readonly OutcomeMetricInput[];
}

/** Metrics of an A/B test at most: the outcomes of each user are stored for each. */
const MAX_METRICS = 4;

const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const MIN_USERS = { conversion: 100, mean: 100, total: 1000 };
const ROLES = ['primary', 'guardrail', 'reported'] as const;

/**
 * Checks the outcomes of a plan, and fills in the defaults; the primary metric is the first one of the result.
 *
 * @throws RolloutError `ERR_ROLLOUT_PLAN_INVALID`
 */
export function readOutcomes(value: unknown, kind: RolloutKind): OutcomePlan | undefined {
  if (kind !== 'experiment') {
    if (value === undefined) return undefined;
    throw invalid(`outcomes are for an A/B test, and the kind is "${kind}". Use "experiment"`);
  }
  const example = '{ "users": 20000, "metrics": [{ "name": "conversion" }] }';
  if (value === undefined) throw invalid(`an experiment needs outcomes, such as ${example}`);
  const { users, metrics } = fields('outcomes', value, ['users', 'metrics']);
  if (!Array.isArray(metrics) || metrics.length === 0 || metrics.length > MAX_METRICS) {
    throw invalid(
      `outcomes.metrics must be a list of 1 to ${MAX_METRICS}, such as [{ "name": "conversion" }], got ${describeValue(metrics)}`,
    );
  }
  const hasPrimary = metrics.some(
    (each: unknown) => (Object(each) as OutcomeMetricInput).role === 'primary',
  );
  const read = metrics.map((each: unknown, index) =>
    readMetric(`outcomes.metrics[${index}]`, each, !hasPrimary && index === 0),
  );
  const primaries = read.filter(({ role }) => role === 'primary');
  if (primaries.length !== 1) {
    const names = primaries.map(({ name }) => JSON.stringify(name)).join(' and ');
    throw invalid(
      primaries.length === 0
        ? 'outcomes.metrics has no primary one, which decides. Leave out the role of the first one'
        : `outcomes.metrics has more than one primary one, ${names}; one decides`,
    );
  }
  const names = new Set<string>();
  for (const [index, { name }] of read.entries()) {
    if (names.has(name)) {
      throw invalid(`outcomes.metrics[${index}].name is ${JSON.stringify(name)} again`);
    }
    names.add(name);
  }
  return {
    users: number('outcomes.users', users, 400, 1e10),
    metrics: [...primaries, ...read.filter(({ role }) => role !== 'primary')],
  };
}

function readMetric(path: string, value: unknown, isPrimary: boolean): OutcomeMetric {
  const metric = fields(path, value, ['name', 'type', 'better', 'smallest', 'role', 'minUsers']);
  const { name } = metric;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalid(
      `${path}.name must be a name such as "conversion", of letters, digits, ".", "_" and "-", got ${describeValue(name)}`,
    );
  }
  const type = choice(`${path}.type`, metric.type ?? 'conversion', ['conversion', 'total', 'mean']);
  const role = choice(`${path}.role`, metric.role ?? (isPrimary ? 'primary' : 'reported'), ROLES);
  const isGuardrail = role === 'guardrail';
  const smallest = metric.smallest ?? (isGuardrail ? 0.05 : 0);
  return {
    name,
    type,
    better: choice(`${path}.better`, metric.better ?? 'higher', ['higher', 'lower']),
    // A guardrail without a tolerated loss would never be met beyond chance by an equal candidate.
    smallest: number(`${path}.smallest`, smallest, isGuardrail ? 0.001 : 0, 10),
    role,
    minUsers: integer(`${path}.minUsers`, metric.minUsers ?? MIN_USERS[type], 2),
  };
}

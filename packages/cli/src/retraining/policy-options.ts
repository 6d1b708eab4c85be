import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { RetrainingPolicy, RetrainingPolicyInput } from '@fairlead/retraining';

const HOUR_MS = 3_600_000;

/** Limit of a metric: `accuracy=0.9`. */
interface MetricLimit {
  readonly metric: string;
  readonly value: number;
}

/** Options that replace fields of a policy. */
export interface PolicyOptions {
  readonly alias?: string | undefined;
  readonly every?: number | undefined;
  readonly onDrift?: 'hour' | 'day' | true | undefined;
  readonly onLabels?: number | undefined;
  readonly below?: MetricLimit | undefined;
  readonly above?: MetricLimit | undefined;
  readonly cooldown?: number | undefined;
  readonly perMonth?: number | undefined;
  readonly days?: number | undefined;
  readonly minRows?: number | undefined;
  readonly format?: readonly string[] | undefined;
  readonly workingFolder?: string | undefined;
  readonly timeLimit?: number | undefined;
  readonly keepEnv?: readonly string[] | undefined;
  readonly rollout?: boolean | undefined;
}

/** Fields of a policy that aren't checked yet. */
type Fields = Partial<RetrainingPolicyInput>;

/** Returns whether the command line names a field of the policy. */
export function namesFields(options: PolicyOptions, command: readonly string[]): boolean {
  const { rollout, ...others } = options;
  const isNamed = Object.values(others).some((value) => value !== undefined);
  return isNamed || rollout === false || command.length > 0;
}

/** Fields of the policy before, those of a file, and those of options, each replacing the one before. */
export function mergePolicy(
  before: RetrainingPolicy | Fields,
  options: PolicyOptions,
  command: readonly string[],
): RetrainingPolicyInput {
  const { alias, perMonth, cooldown, days, minRows, format, rollout } = options;
  return {
    ...before,
    ...(alias !== undefined && { alias }),
    triggers: mergeTriggers(before.triggers ?? {}, options),
    limits: {
      ...before.limits,
      ...(cooldown !== undefined && { cooldownHours: cooldown / HOUR_MS }),
      ...(perMonth !== undefined && { maxPerMonth: perMonth }),
    },
    dataset: {
      ...before.dataset,
      ...(days !== undefined && { days }),
      ...(minRows !== undefined && { minRows }),
      // The values are checked with the whole policy.
      ...(format !== undefined && { formats: format as RetrainingPolicy['dataset']['formats'] }),
    },
    training: mergeTraining(before.training, options, command),
    ...(rollout === false && { rollout: false }),
  };
}

function mergeTriggers(
  before: NonNullable<Fields['triggers']>,
  { every, onDrift, onLabels, below, above }: PolicyOptions,
): NonNullable<Fields['triggers']> {
  const metric = below?.metric ?? above?.metric;
  return {
    ...before,
    ...(every !== undefined && { schedule: { everyHours: every / HOUR_MS } }),
    ...(onDrift !== undefined && {
      drift: { ...before.drift, ...(onDrift !== true && { unit: onDrift }) },
    }),
    ...(onLabels !== undefined && { labels: { count: onLabels } }),
    ...(metric !== undefined && {
      performance: {
        ...{ metric },
        ...(below !== undefined && { min: below.value }),
        ...(above !== undefined && { max: above.value }),
      },
    }),
  };
}

function mergeTraining(
  before: Fields['training'],
  { workingFolder, timeLimit, keepEnv }: PolicyOptions,
  command: readonly string[],
): RetrainingPolicyInput['training'] {
  return {
    ...before,
    command: command.length > 0 ? command : (before?.command ?? []),
    ...(workingFolder !== undefined && { folder: workingFolder }),
    ...(timeLimit !== undefined && { timeLimitMinutes: timeLimit / 60_000 }),
    ...(keepEnv !== undefined && { environment: keepEnv }),
  };
}

/** Reads the limit of a metric: `accuracy=0.9`. */
export function parseMetric(text: string): MetricLimit {
  const [, metric = '', value = ''] = /^([A-Za-z_][\w.-]*)=(-?\d.*)$/.exec(text) ?? [];
  if (value !== '' && Number.isFinite(Number(value))) return { metric, value: Number(value) };
  throw new InvalidArgumentError('Expected a metric and its limit, such as accuracy=0.9.');
}

/** Reads a list such as `csv,parquet`. */
export function parseList(text: string): readonly string[] {
  return text.split(',').map((each) => each.trim());
}

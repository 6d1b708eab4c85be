import { choice, fields, integer, invalid, list, number, object, text } from './policy-fields.ts';
import type { DatasetFormat, RetrainingPolicy, TrainingSpec } from './retraining-policy.ts';

/** Policy as it is written by hand: all but the command has a default. */
export interface RetrainingPolicyInput {
  /** @defaultValue 'champion' */
  readonly alias?: string | undefined;
  /** @defaultValue none: only by hand */
  readonly triggers?:
    | {
        readonly schedule?: { readonly everyHours: number } | undefined;
        /** @defaultValue of its fields: verdicts on hours, 1 column, at most 48 hours old */
        readonly drift?: Partial<NonNullable<RetrainingPolicy['triggers']['drift']>> | undefined;
        /** @defaultValue of its fields: 7 days, 100 rows, measured */
        readonly performance?:
          | (Pick<NonNullable<RetrainingPolicy['triggers']['performance']>, 'metric'> &
              Partial<NonNullable<RetrainingPolicy['triggers']['performance']>>)
          | undefined;
        readonly labels?: { readonly count: number } | undefined;
      }
    | undefined;
  /** @defaultValue 24 hours, 10 attempts a month */
  readonly limits?: Partial<RetrainingPolicy['limits']> | undefined;
  /** @defaultValue 30 days, 100 rows, Parquet */
  readonly dataset?: Partial<RetrainingPolicy['dataset']> | undefined;
  /** @defaultValue of its other fields: a process, 60 minutes, 3 tries, no further variables */
  readonly training: Pick<TrainingSpec, 'command'> & Partial<TrainingSpec>;
  /** @defaultValue `{}`, a canary with the defaults of a plan */
  readonly rollout?: Readonly<Record<string, unknown>> | false | undefined;
}

const HOURS = [0.01, 87_600] as const;
const DAYS = [0.01, 3650] as const;
const ALIAS = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const METRIC = /^[A-Za-z_][\w.-]{0,127}$/;
const VARIABLE = /^[A-Za-z_]\w{0,127}$/;

const ARGUMENT = /^[^\0]{0,4096}$/;
const PROGRAM = /^[^\0]{1,4096}$/;
const LOCATION = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w!.*'()/-]*)?$/;
const AWS_NAME = /^[\w:/.-]{1,256}$/;

/**
 * Checks a policy, and fills in the defaults.
 *
 * @throws RetrainingError `ERR_RETRAINING_POLICY_INVALID` naming the field, its value, and what it may be
 *
 * @example
 * ```ts
 * import { readPolicy } from '@fairlead/retraining';
 *
 * const policy = readPolicy({
 *   triggers: { drift: {}, labels: { count: 5_000 } },
 *   training: { command: ['python', 'train.py'] },
 * });
 * console.log(policy.limits, policy.training.timeLimitMinutes); // { cooldownHours: 24, maxPerMonth: 10 } 60
 * ```
 */
export function readPolicy(input: RetrainingPolicyInput): RetrainingPolicy {
  const policy = fields('policy', input, [
    'alias',
    'triggers',
    'limits',
    'dataset',
    'training',
    'rollout',
  ]);
  const limits = fields('limits', policy.limits ?? {}, ['cooldownHours', 'maxPerMonth']);
  const dataset = fields('dataset', policy.dataset ?? {}, ['days', 'minRows', 'formats']);
  return {
    alias: text('alias', policy.alias ?? 'champion', ALIAS, 'a name such as "champion"'),
    triggers: readTriggers(policy.triggers ?? {}),
    limits: {
      cooldownHours: number('limits.cooldownHours', limits.cooldownHours ?? 24, 0, HOURS[1]),
      maxPerMonth: integer('limits.maxPerMonth', limits.maxPerMonth ?? 10, 1, 1000),
    },
    dataset: {
      days: number('dataset.days', dataset.days ?? 30, ...DAYS),
      minRows: integer('dataset.minRows', dataset.minRows ?? 100, 1, 1e9),
      formats: list<DatasetFormat>(
        'dataset.formats',
        dataset.formats ?? ['parquet'],
        [1, 2],
        (path, each) => choice(path, each, ['parquet', 'csv']),
      ),
    },
    training: readTraining(policy.training),
    rollout: policy.rollout === false ? false : object('rollout', policy.rollout ?? {}),
  };
}

function readTriggers(value: unknown): RetrainingPolicy['triggers'] {
  const given = fields('triggers', value, ['schedule', 'drift', 'performance', 'labels']);
  const triggers: {
    -readonly [Name in keyof RetrainingPolicy['triggers']]: RetrainingPolicy['triggers'][Name];
  } = {};
  if (given.schedule !== undefined) {
    const { everyHours } = fields('triggers.schedule', given.schedule, ['everyHours']);
    triggers.schedule = {
      everyHours: number('triggers.schedule.everyHours', everyHours, ...HOURS),
    };
  }
  if (given.drift !== undefined) {
    const path = 'triggers.drift';
    const drift = fields(path, given.drift, ['unit', 'minColumns', 'maxAgeHours']);
    triggers.drift = {
      unit: choice(`${path}.unit`, drift.unit ?? 'hour', ['hour', 'day']),
      minColumns: integer(`${path}.minColumns`, drift.minColumns ?? 1, 1, 100_000),
      maxAgeHours: number(`${path}.maxAgeHours`, drift.maxAgeHours ?? 48, ...HOURS),
    };
  }
  if (given.performance !== undefined) triggers.performance = readPerformance(given.performance);
  if (given.labels !== undefined) {
    const { count } = fields('triggers.labels', given.labels, ['count']);
    triggers.labels = { count: integer('triggers.labels.count', count, 1, 1e9) };
  }
  return triggers;
}

function readPerformance(value: unknown): NonNullable<RetrainingPolicy['triggers']['performance']> {
  const path = 'triggers.performance';
  const given = fields(path, value, ['metric', 'min', 'max', 'days', 'minRows', 'basis']);
  const { min, max } = given;
  if (min === undefined && max === undefined) {
    throw invalid(`${path} needs min, such as { "metric": "accuracy", "min": 0.9 }, or max`);
  }
  const limit = (name: string, each: unknown): number =>
    number(`${path}.${name}`, each, -1e300, 1e300);
  return {
    metric: text(`${path}.metric`, given.metric, METRIC, 'the name of a metric such as "accuracy"'),
    ...(min !== undefined && { min: limit('min', min) }),
    ...(max !== undefined && { max: limit('max', max) }),
    days: number(`${path}.days`, given.days ?? 7, ...DAYS),
    minRows: integer(`${path}.minRows`, given.minRows ?? 100, 1, 1e9),
    basis: choice(`${path}.basis`, given.basis ?? 'measured', ['measured', 'any']),
  };
}

function readTraining(value: unknown): TrainingSpec {
  const given = fields('training', value, [
    'runner',
    'command',
    'folder',
    'timeLimitMinutes',
    'tries',
    'environment',
    'batch',
  ]);
  const runner = choice('training.runner', given.runner ?? 'process', ['process', 'batch']);
  const isLocal = runner === 'process';
  const command = list(
    'training.command',
    given.command ?? [],
    [isLocal ? 1 : 0, 200],
    (path, each) =>
      text(
        path,
        each,
        path === 'training.command[0]' ? PROGRAM : ARGUMENT,
        'a program or an argument',
      ),
  );
  if (isLocal && given.batch !== undefined) {
    throw invalid('training.batch needs "runner": "batch"');
  }
  return {
    ...{ runner, command },
    ...(given.folder !== undefined && {
      folder: text('training.folder', given.folder, /^\//, 'an absolute path'),
    }),
    timeLimitMinutes: number(
      'training.timeLimitMinutes',
      given.timeLimitMinutes ?? 60,
      0.01,
      20_160,
    ),
    tries: integer('training.tries', given.tries ?? 3, 1, 1000),
    environment: list('training.environment', given.environment ?? [], [0, 200], (path, each) =>
      text(path, each, VARIABLE, 'the name of an environment variable'),
    ),
    ...(!isLocal && { batch: readBatch(given.batch) }),
  };
}

function readBatch(value: unknown): NonNullable<TrainingSpec['batch']> {
  const path = 'training.batch';
  const given = fields(path, value ?? {}, ['queue', 'definition', 'location']);
  return {
    queue: text(`${path}.queue`, given.queue, AWS_NAME, 'the name or ARN of a job queue'),
    definition: text(
      `${path}.definition`,
      given.definition,
      AWS_NAME,
      'the name of a job definition',
    ),
    location: text(`${path}.location`, given.location, LOCATION, 's3://bucket/prefix'),
  };
}

import { readPolicy, RetrainingError, type RetrainingPolicyInput } from '@fairlead/retraining';
import { expect, test } from 'vitest';

const training = { command: ['python', 'train.py'] };

test('a policy with a command alone has the defaults', () => {
  expect(readPolicy({ training })).toEqual({
    alias: 'champion',
    triggers: {},
    limits: { cooldownHours: 24, maxPerMonth: 10 },
    dataset: { days: 30, minRows: 100, formats: ['parquet'] },
    training: {
      ...{ runner: 'process', command: ['python', 'train.py'] },
      ...{ timeLimitMinutes: 60, tries: 3, environment: [] },
    },
    rollout: {},
  });
});

test('a policy that was read is read to the same', () => {
  const input: RetrainingPolicyInput = {
    alias: 'staging',
    triggers: {
      schedule: { everyHours: 168 },
      drift: { unit: 'day', minColumns: 3 },
      performance: { metric: 'rmse', max: 12.5, basis: 'any' },
      labels: { count: 5000 },
    },
    limits: { cooldownHours: 0, maxPerMonth: 2 },
    dataset: { days: 7, minRows: 1000, formats: ['csv', 'parquet'] },
    training: {
      ...{ runner: 'batch', timeLimitMinutes: 30, tries: 1, environment: ['HF_HOME'] },
      command: [],
      batch: { queue: 'ml', definition: 'train:3', location: 's3://models/retraining' },
    },
    rollout: false,
  };
  const policy = readPolicy(input);
  expect(readPolicy(policy)).toEqual(policy);
  expect(policy.triggers.performance).toEqual({
    ...{ metric: 'rmse', max: 12.5, basis: 'any', days: 7, minRows: 100 },
  });
});

test.each<[string, unknown]>([
  ['training must be an object, got undefined', {}],
  ['training.command must be a list of 1 to 200, got an array', { training: { command: [] } }],
  [
    'training.command must be a list of 1 to 200, got "./train"',
    { training: { command: './train' } },
  ],
  ['training.command[0] must be a program or an argument', { training: { command: [''] } }],
  ['training.command[1] must be a program or an argument', { training: { command: ['a', 'b\0'] } }],
  ['did you mean triggers?', { training, trigger: {} }],
  ['did you mean labels?', { training, triggers: { label: { count: 1 } } }],
  ['triggers.performance needs min', { training, triggers: { performance: { metric: 'f1' } } }],
  ['triggers.labels.count must be an integer', { training, triggers: { labels: { count: 1.5 } } }],
  ['limits.maxPerMonth must be a number from 1', { training, limits: { maxPerMonth: 0 } }],
  ['dataset.formats[0] must be "parquet" or "csv"', { training, dataset: { formats: ['json'] } }],
  ['training.folder must be an absolute path', { training: { ...training, folder: 'models' } }],
  ['training.environment[0] must be', { training: { ...training, environment: ['A=b'] } }],
  ['training.batch.queue must be', { training: { runner: 'batch' } }],
  ['training.batch needs "runner": "batch"', { training: { ...training, batch: {} } }],
  ['rollout must be an object, got true', { training, rollout: true }],
  ['alias must be a name', { training, alias: 'Champion!' }],
])('rejects a policy: %s', (message, policy) => {
  const read = (): unknown => readPolicy(policy as RetrainingPolicyInput);
  expect(read).toThrow(RetrainingError);
  expect(read).toThrow(message);
});

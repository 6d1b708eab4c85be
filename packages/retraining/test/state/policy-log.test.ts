import { PolicyLog, readPolicy } from '@fairlead/retraining';
import { memoryObjects } from '@fairlead/test-support/memory-objects';
import { expect, test } from 'vitest';

const by = { actor: 'ada', reason: 'a test' };
const policyOf = (program: string) => readPolicy({ training: { command: [program] } });

test('policies that are set at the same time get a number each, and the last one counts', async () => {
  const objects = memoryObjects();
  const log = () => new PolicyLog({ objects, model: 'churn' });
  const programs = ['a', 'b', 'c', 'd', 'e'];
  const stored = await Promise.all(programs.map((program) => log().set(policyOf(program), by)));
  expect(stored.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4, 5]);
  const last = stored.find(({ number }) => number === 5);
  expect(await log().latest()).toEqual(last);
  expect(await log().all()).toHaveLength(5);
  expect([...objects.bodies.keys()].sort()[0]).toBe('retraining/churn/policy/00000001.json');
});

test('a model without a policy has none', async () => {
  expect(
    await new PolicyLog({ objects: memoryObjects(), model: 'churn' }).latest(),
  ).toBeUndefined();
});

test('a damaged policy is an error with its key', async () => {
  const objects = memoryObjects();
  const log = new PolicyLog({ objects, model: 'churn' });
  const { number } = await log.set(policyOf('a'), by);
  const key = `retraining/churn/policy/0000000${number}.json`;
  const text = Buffer.from(objects.bodies.get(key) ?? []).toString();
  objects.bodies.set(key, Buffer.from(text.replace('"runner":"process"', '"runner":"ray"')));
  await expect(log.latest()).rejects.toMatchObject({
    code: 'ERR_RETRAINING_STATE_INVALID',
    message: expect.stringContaining(`${key}: The policy of retraining: training.runner`) as string,
  });
});

test('rejects a model that can not be part of a key', () => {
  expect(() => new PolicyLog({ objects: memoryObjects(), model: '../churn' })).toThrow(
    'part of a key',
  );
});

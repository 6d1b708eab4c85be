import { AttemptLog, readPolicy, type AttemptState } from '@fairlead/retraining';
import { memoryObjects } from '@fairlead/test-support/memory-objects';
import { expect, test } from 'vitest';

const by = { actor: 'ada', reason: 'a test' };
const policy = readPolicy({ training: { command: ['./train'] } });
const request = { trigger: 'manual', policy, parent: 1 } as const;
const lease = { driver: 'd', until: 1000 };
const hash = 'a'.repeat(64);
const dataset = { type: 'dataset', sha256: hash, rows: 200, since: 0, until: 9, ...by } as const;
const training = { type: 'training', runner: 'process', token: 'churn-1-1', ...by } as const;

function open(now = 100) {
  const objects = memoryObjects();
  return { objects, log: new AttemptLog({ objects, model: 'churn', now: () => now }) };
}

test('an attempt that is read has the state of its entries', async () => {
  const { log, objects } = open();
  let state = await log.start(request, lease, by);
  for (const change of [
    dataset,
    training,
    { type: 'trained', sha256: hash, ...by },
    { type: 'pushed', version: 2, ...by },
    { type: 'rollout', number: 5, ...by },
    { type: 'ended', result: 'promoted', ...by },
  ] as const) {
    state = await log.append(state, change);
  }
  const expected: Partial<AttemptState> = {
    ...{ model: 'churn', number: 1, request, phase: 'ended', requestedAt: 100, lease },
    ...{ trained: hash, version: 2, rollout: 5, result: 'promoted' },
    dataset: { sha256: hash, rows: 200, since: 0, until: 9 },
    training: { token: 'churn-1-1', runner: 'process', tries: 1 },
  };
  expect(state).toMatchObject(expected);
  expect(await new AttemptLog({ objects, model: 'churn' }).latest()).toEqual(state);
  expect([...objects.bodies.keys()][6]).toBe('retraining/churn/attempts/0001/00000007.json');
});

test('of processes that start an attempt at the same time, one does', async () => {
  const { log } = open();
  const started = await Promise.allSettled(
    Array.from({ length: 8 }, () => log.start(request, lease, by)),
  );
  expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const errors = started.flatMap((each) =>
    each.status === 'rejected' ? [each.reason as Error] : [],
  );
  for (const error of errors) expect(error).toMatchObject({ code: 'ERR_RETRAINING_CONFLICT' });
  expect(await log.all()).toHaveLength(1);
});

test('of processes that record the same step at the same time, one does', async () => {
  const { log } = open();
  const state = await log.start(request, lease, by);
  const added = await Promise.allSettled(
    Array.from({ length: 8 }, () => log.append(state, dataset)),
  );
  expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await log.latest())?.entries).toHaveLength(2);
});

test.each([
  ['trained', { type: 'trained', sha256: hash, ...by }],
  ['pushed', { type: 'pushed', version: 2, ...by }],
  ['rollout', { type: 'rollout', number: 1, ...by }],
  ['training', training],
] as const)('an attempt without a dataset can not be followed by "%s"', async (_, change) => {
  const { log } = open();
  const state = await log.start(request, lease, by);
  await expect(log.append(state, change)).rejects.toMatchObject({
    code: 'ERR_RETRAINING_CONFLICT',
  });
});

test('nothing follows the end, and another attempt may start', async () => {
  const { log } = open();
  const state = await log.start(request, lease, by);
  await expect(log.start(request, lease, by)).rejects.toThrow("Attempt churn-1 hasn't ended");
  const ended = await log.abort(by);
  expect(ended.result).toBe('aborted');
  await expect(log.append(ended, dataset)).rejects.toThrow('has ended (aborted)');
  await expect(log.append(state, dataset)).rejects.toThrow('was changed by another process');
  await expect(log.abort(by)).rejects.toThrow('has ended (aborted)');
  expect((await log.start(request, lease, by)).number).toBe(2);
});

test('a damaged entry is an error with its key', async () => {
  const { log, objects } = open();
  await log.start(request, lease, by);
  const key = 'retraining/churn/attempts/0001/00000002.json';
  objects.bodies.set(key, Buffer.from('{"format":"fairlead-retraining-entry"'));
  await expect(log.latest()).rejects.toMatchObject({
    code: 'ERR_RETRAINING_STATE_INVALID',
    message: expect.stringContaining(key) as string,
  });
});

test('an entry that could not be read again is not stored', async () => {
  const { log, objects } = open();
  const state = await log.start(request, lease, by);
  const change = { type: 'driven', driver: 'd', until: 1000.25, ...by } as const;
  await expect(log.append(state, change)).rejects.toMatchObject({
    code: 'ERR_RETRAINING_STATE_INVALID',
  });
  expect(objects.bodies.size).toBe(1);
  const command = ['train', ...Array.from({ length: 199 }, () => 'é'.repeat(4000))];
  const large = { ...request, policy: readPolicy({ training: { command } }) };
  const other = open();
  await expect(other.log.start(large, lease, by)).rejects.toMatchObject({
    code: 'ERR_RETRAINING_POLICY_INVALID',
    message: expect.stringContaining('Move its arguments into a file.') as string,
  });
  expect(other.objects.bodies.size).toBe(0);
});

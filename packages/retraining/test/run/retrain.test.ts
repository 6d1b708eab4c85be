import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  continueRetraining,
  startRetraining,
  type AttemptState,
  type TrainingOrder,
} from '@fairlead/retraining';
import { until } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { leaseUntil } from '../../src/lease/attempt-session.ts';
import { openAttempts } from '../support/attempt-steps.ts';

const TRAIN =
  'echo run >> runs; cp "$FAIRLEAD_TRAINING_ROWS" "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"';
const typesOf = ({ entries }: AttemptState): readonly string[] => entries.map(({ type }) => type);
const STEPS = ['requested', 'dataset', 'training', 'trained', 'pushed', 'rollout'];

test('an attempt goes from the rows to the rollout, and ends with it', async () => {
  const { world, options, request, folder, log } = openAttempts(TRAIN);
  const state = await startRetraining(options(), request, '620 new labels');
  expect(typesOf(state)).toEqual(STEPS);
  expect(state).toMatchObject({ phase: 'rollout', version: 2, rollout: 1 });
  expect(readFileSync(join(folder, 'churn-1/1/output/model.onnx'), 'utf8')).toContain('41,1');
  // Rows of users don't stay.
  expect(readdirSync(join(folder, 'churn-1'))).toEqual(['1', 'attempt.json']);
  const running = await continueRetraining(options(), state);
  expect(running.phase).toBe('rollout');
  world.rollout = { result: 'promoted', reason: 'failures: 0 of 5920 users' };
  const ended = await continueRetraining(options(), running);
  expect(ended).toMatchObject({ phase: 'ended', result: 'promoted' });
  expect(ended.entries.at(-1)).toMatchObject({ actor: 'timer', reason: world.rollout.reason });
  expect(await log.latest()).toEqual(ended);
});

const moments = [
  ...['recorded requested', 'before inputs', 'after inputs', 'recorded dataset'],
  ...['recorded training', 'before train', 'after train', 'recorded trained'],
  ...['before push', 'after push', 'recorded pushed', 'before rollout', 'after rollout'],
];

test.each(moments)(
  'a process that ends %s is followed by one that does the rest, and nothing twice',
  async (moment) => {
    const { world, options, request, folder, log } = openAttempts(TRAIN);
    world.at = (now) => {
      if (now === moment) throw new Error('killed');
    };
    await expect(startRetraining(options(), request, 'a test')).rejects.toThrow('killed');
    world.at = () => undefined;
    const left = await log.latest();
    if (left === undefined) throw new Error('no attempt was started');
    const state = await continueRetraining(options(), left);
    expect(state).toMatchObject({ phase: 'rollout', version: 2, rollout: 1 });
    expect([world.versions.size, world.rollouts.size]).toEqual([1, 1]);
    expect(typesOf(state).filter((type) => type !== 'driven')).toEqual(STEPS);
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n');
  },
);

test('an attempt that another process works on is left to it, and can be continued once that has released it', async () => {
  const stop = new AbortController();
  const { options, request, log, folder } = openAttempts(
    `echo run >> runs; [ -e go ] || sleep 1000; ${TRAIN}`,
  );
  const running = startRetraining({ ...options(), signal: stop.signal }, request, 'a test');
  running.catch(() => undefined);
  const state = await until(async () => existsSync(join(folder, 'runs')) && (await log.latest()));
  await expect(continueRetraining(options(), state)).rejects.toMatchObject({
    code: 'ERR_RETRAINING_CONFLICT',
    message: expect.stringMatching(
      /^Attempt churn-1 is worked on by process \d+ on .* until 2/,
    ) as string,
  });
  stop.abort(new Error('Ctrl-C'));
  await expect(running).rejects.toThrow('Ctrl-C');
  writeFileSync(join(folder, 'go'), '');
  const released = await until(() => log.latest());
  expect(released.entries.at(-1)).toMatchObject({
    type: 'driven',
    reason: 'the lease was released',
  });
  expect(await continueRetraining(options(), released)).toMatchObject({
    phase: 'rollout',
    training: { tries: 2 },
  });
});

test('a training that was killed is started again, until its tries are used up', async () => {
  const script = `echo run >> runs; [ $(wc -l < runs) -ge 3 ] || kill -9 $$; ${TRAIN}`;
  const { options, request } = openAttempts(script);
  const state = await startRetraining(options(), request, 'a test');
  expect(state).toMatchObject({ phase: 'rollout', training: { tries: 3, token: 'churn-1-3' } });
  const hopeless = openAttempts('kill -9 $$');
  const failed = await startRetraining(hopeless.options(), hopeless.request, 'a test');
  expect(failed).toMatchObject({ result: 'failed', training: { tries: 3 } });
  expect(failed.entries.at(-1)?.reason).toBe('sh was ended by SIGKILL; it was the last of 3 tries');
});

test.each([
  ['sh ended with exit code 2: no such column', 'echo no such column; exit 2'],
  ['the training wrote no file to FAIRLEAD_TRAINING_OUTPUT', 'true'],
])('an attempt fails: %s', async (reason, script) => {
  const { options, request, folder } = openAttempts(script);
  const state = await startRetraining(options(), request, 'a test');
  expect(state).toMatchObject({ phase: 'ended', result: 'failed' });
  expect(state.entries.at(-1)?.reason).toContain(reason);
  expect(existsSync(join(folder, 'churn-1/input'))).toBe(false);
});

test('an attempt with too few rows fails', async () => {
  const { options, request, world } = openAttempts(TRAIN);
  world.rows = 99;
  const state = await startRetraining(options(), request, 'a test');
  expect(state.entries.at(-1)).toMatchObject({
    result: 'failed',
    reason: 'the dataset has 99 rows, and the policy needs 100',
  });
});

test('a candidate that fails a gate gets no rollout', async () => {
  const { options, request, world } = openAttempts(TRAIN);
  world.failedGates = ['accuracy >= champion (0.91)'];
  const state = await startRetraining(options(), request, 'a test');
  expect(state).toMatchObject({ result: 'rejected', version: 2 });
  expect(state.entries.at(-1)?.reason).toBe('version 2 fails accuracy >= champion (0.91)');
  expect(world.rollouts.size).toBe(0);
});

test('a policy without a rollout only pushes', async () => {
  const { options, request, world } = openAttempts(TRAIN, { rollout: false });
  expect(await startRetraining(options(), request, 'a test')).toMatchObject({ result: 'pushed' });
  expect(world.rollouts.size).toBe(0);
});

test('inputs and outputs that were lost or changed are made again', async () => {
  const { options, request, world, folder, log } = openAttempts(TRAIN);
  const stopAt = (moment: string): void => {
    world.at = (now) => {
      if (now === moment) throw new Error('stopped');
    };
  };
  const resume = async () => {
    const left = await log.latest();
    if (left === undefined) throw new Error('no attempt was started');
    return continueRetraining(options(), left);
  };
  stopAt('before train');
  await expect(startRetraining(options(), request, 'a test')).rejects.toThrow('stopped');
  rmSync(join(folder, 'churn-1'), { recursive: true });
  stopAt('before push');
  await expect(resume()).rejects.toThrow('stopped');
  writeFileSync(join(folder, 'churn-1/2/output/model.onnx'), 'torn');
  world.at = () => undefined;
  const state = await resume();
  expect(typesOf(state).filter((type) => type !== 'driven')).toEqual([
    ...[
      'requested',
      'dataset',
      'training',
      'dataset',
      'training',
      'trained',
      'training',
      'trained',
    ],
    ...['pushed', 'rollout'],
  ]);
  expect(readFileSync(join(folder, 'churn-1/3/output/model.onnx'), 'utf8')).toContain('41,1');
});

test('an attempt that a person aborts while it trains ends the training', async () => {
  const { options, request, log, folder } = openAttempts('echo run >> runs; sleep 1000');
  const running = startRetraining(options(), request, 'a test');
  running.catch(() => undefined);
  await until(() => existsSync(join(folder, 'runs')));
  await log.abort({ actor: 'ada', reason: 'a typing error' });
  await expect(running).rejects.toThrow(
    'Attempt churn-1 was ended (aborted) by ada: a typing error',
  );
});

test('a lease is renewed while the attempt lasts', async () => {
  const { options, request, log } = openAttempts(`sleep 7; ${TRAIN}`);
  const begun = Date.now();
  // Ten minutes pass in ten seconds, and a quarter of none of them is a whole number.
  const now = (): number => begun + (Date.now() - begun) * 60 + 1;
  const state = await startRetraining({ ...options(), now }, request, 'a test');
  expect(state.entries.map(({ reason }) => reason)).toContain('the lease was renewed');
  expect(state.lease.until).toBeGreaterThan(begun + 300_000);
  expect(await log.latest()).toEqual(state);
});

test('a lease ends at a whole millisecond, however long the attempt has lasted', () => {
  for (let age = 240_000; age < 240_004; age += 1) {
    expect(leaseUntil(2_000_000 + age, 2_000_000)).toBe(2_000_000 + age + Math.ceil(age / 4));
  }
});

test('files of an attempt of another registry with the same name are not taken for its own', async () => {
  const before = openAttempts(TRAIN);
  await startRetraining(before.options(), before.request, 'another registry');
  const { options, request, log, world } = openAttempts('exit 7');
  const shared = { ...options(), folder: before.folder };
  await expect(startRetraining(shared, request, 'a test')).rejects.toMatchObject({
    code: 'ERR_RETRAINING_CONFLICT',
    message: expect.stringContaining('has the files of another attempt churn-1') as string,
  });
  expect(world.versions.size).toBe(0);
  // With a separate folder the attempt goes on.
  const left = await until(() => log.latest());
  expect(await continueRetraining(options(), left)).toMatchObject({ result: 'failed' });
  // One that has ended leaves the files of the other one alone.
  writeFileSync(join(before.folder, 'churn-1/1/note'), '');
  const ended = await until(() => log.latest());
  await continueRetraining(shared, ended);
  expect(existsSync(join(before.folder, 'churn-1/1/note'))).toBe(true);
});

test('a training whose command was killed ends with the next run after its attempt was aborted', async () => {
  const { options, request, log, folder, world } = openAttempts(
    'echo $$ > pid.part; mv pid.part pid; exec sleep 1000',
  );
  const { steps } = options();
  // Stands for a command that was killed while it waited for the training.
  const killed = {
    ...steps,
    runner: {
      ...steps.runner,
      train: async (order: TrainingOrder) => {
        const { signal } = new AbortController();
        void steps.runner.train({ ...order, signal }).catch(() => undefined);
        await until(() => existsSync(join(folder, 'pid')));
        throw new Error('killed');
      },
    },
  };
  await expect(startRetraining({ ...options(), steps: killed }, request, 'a test')).rejects.toThrow(
    'killed',
  );
  await log.abort({ actor: 'ada', reason: 'wrong labels' });
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  expect(isRunning(pid)).toBe(true);
  const left = await until(() => log.latest());
  expect(await continueRetraining(options(), left)).toMatchObject({ result: 'aborted' });
  await until(() => !isRunning(pid));
  expect(world.versions.size).toBe(0);
});

test.each([
  ['model.onnx to FAIRLEAD_TRAINING_OUTPUT, which is a symbolic link', 'ln -s /etc/hostname'],
  ['model.onnx to FAIRLEAD_TRAINING_OUTPUT, which is no file', 'mkfifo'],
])(
  'an output that is no file fails the attempt: the training wrote %s',
  async (reason, command) => {
    const { options, request, world } = openAttempts(
      `echo 1 > "$FAIRLEAD_TRAINING_OUTPUT/notes.txt"; ${command} "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"`,
    );
    const state = await startRetraining(options(), request, 'a test');
    expect(state.entries.at(-1)?.reason).toContain(reason);
    expect(world.versions.size).toBe(0);
  },
);

test('no attempt is started on a decision that another process was faster with', async () => {
  const { options, request } = openAttempts('exit 7');
  const decided = { ...options(), after: 0 };
  expect(await startRetraining(decided, request, 'due')).toMatchObject({ result: 'failed' });
  await expect(startRetraining(decided, request, 'due')).rejects.toMatchObject({
    code: 'ERR_RETRAINING_CONFLICT',
    message: 'Attempt churn-1 was made since it was decided to retrain. Decide again.',
  });
  expect(await startRetraining({ ...decided, after: 1 }, request, 'due')).toMatchObject({
    number: 2,
  });
});

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

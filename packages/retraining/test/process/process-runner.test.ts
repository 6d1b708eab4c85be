import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processRunner, type TrainingOrder, type TrainingOutcome } from '@fairlead/retraining';
import { temporaryFolder, until } from '@fairlead/test-support';
import { expect, test } from 'vitest';

const orderFile = fileURLToPath(new URL('train-order.ts', import.meta.url));

function orderOf(script: string, more: Partial<TrainingOrder> = {}): TrainingOrder {
  const root = temporaryFolder();
  return {
    ...{ token: 'churn-4-1', command: ['sh', '-c', script], input: join(root, 'input') },
    ...{ folder: join(root, '1'), tables: ['rows.csv'], timeLimitMs: 120_000 },
    variables: { FAIRLEAD_TRAINING_MODEL: 'churn' },
    signal: new AbortController().signal,
    ...more,
  };
}

const env = {
  PATH: process.env.PATH,
  HOME: '/root',
  AWS_SECRET_ACCESS_KEY: 'secret',
  LEVEL: 'high',
};
const runner = processRunner({ env, keep: ['LEVEL', 'MISSING'] });

const read = (order: TrainingOrder, name: string): string =>
  readFileSync(join(order.folder, name), 'utf8');
const pidIn = (order: TrainingOrder, name: string): number =>
  (JSON.parse(read(order, name)) as { readonly pid: number }).pid;
const hasEnded = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
};

test('a training gets its variables, those of the policy, and no others', async () => {
  const order = orderOf('env > "$FAIRLEAD_TRAINING_OUTPUT/env"; pwd; echo warning >&2');
  expect(await runner.train(order)).toEqual({ result: 'completed' });
  const variables = Object.fromEntries(
    read(order, 'output/env')
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  );
  delete variables._;
  delete variables.SHLVL;
  delete variables.PWD;
  delete variables.OLDPWD;
  expect(variables).toEqual({
    ...{ PATH: env.PATH, HOME: '/root', LEVEL: 'high', FAIRLEAD_TRAINING_MODEL: 'churn' },
    FAIRLEAD_TRAINING_TOKEN: order.folder,
    FAIRLEAD_TRAINING_INPUT: order.input,
    FAIRLEAD_TRAINING_ROWS: join(order.input, 'rows.csv'),
    FAIRLEAD_TRAINING_MANIFEST: join(order.input, 'manifest.json'),
    FAIRLEAD_TRAINING_OUTPUT: join(order.folder, 'output'),
  });
  expect(read(order, 'training.log').split('\n').sort()).toEqual(['', order.folder, 'warning']);
  // Values of the environment are in no file.
  expect(read(order, 'order.json')).not.toContain('high');
});

test('a training that fails is reported with its exit code and the last lines of its log', async () => {
  const order = orderOf('seq 1 100; echo "no column age" >&2; exit 3');
  const outcome = await runner.train(order);
  expect(outcome).toMatchObject({ result: 'failed' });
  const { reason } = outcome as Extract<TrainingOutcome, { result: 'failed' }>;
  expect(reason).toMatch(/^sh ended with exit code 3: 82\n83\n/);
  expect(reason).toMatch(/\n100\nno column age$/);
  expect(await runner.train(order)).toEqual(outcome);
});

test('a program that does not exist is a failure with its name', async () => {
  const order = { ...orderOf(''), command: ['no-such-program'] };
  expect(await runner.train(order)).toEqual({
    result: 'failed',
    reason: expect.stringContaining('no-such-program could not be started (spawn') as string,
  });
});

test('the log is bounded', async () => {
  const order = orderOf(
    'i=0; while [ $i -lt 60 ]; do head -c 100000 /dev/zero | tr "\\0" x; i=$((i+1)); done; echo; echo last',
  );
  expect(await runner.train(order)).toEqual({ result: 'completed' });
  const logs = readdirSync(order.folder).filter((name) => name.endsWith('.log'));
  expect(logs.sort()).toEqual(['training.1.log', 'training.log']);
  for (const name of logs)
    expect(statSync(join(order.folder, name)).size).toBeLessThanOrEqual(2 ** 20);
  expect(read(order, 'training.log')).toMatch(/xx\nlast\n$/);
});

test('a training goes on where its log can not be written', async () => {
  const order = orderOf(
    'mkdir -p training.1.log/full; head -c 3000000 /dev/zero | tr "\\0" x; echo 1 > "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"',
  );
  expect(await runner.train(order)).toEqual({ result: 'completed' });
  expect(read(order, 'output/model.onnx')).toBe('1\n');
  expect(statSync(join(order.folder, 'training.log')).size).toBeLessThanOrEqual(2 ** 20);
});

test('the time limit ends the whole group, also processes that left it or ignore SIGTERM', async () => {
  const order = orderOf(
    'setsid sleep 1000 & trap "" TERM; echo started; while true; do sleep 0.1; done',
    { timeLimitMs: 1500 },
  );
  const outcome = await runner.train(order);
  expect(outcome).toEqual({
    result: 'failed',
    reason: 'the training took longer than 0.025 minutes: started',
  });
  await until(() => processesWith(order.folder).length === 0);
});

test('an abort ends the training', async () => {
  const stop = new AbortController();
  const order = orderOf('echo started; sleep 1000', { signal: stop.signal });
  const training = runner.train(order);
  await until(() => read(order, 'training.log') === 'started\n');
  stop.abort(new Error('Ctrl-C'));
  await expect(training).rejects.toThrow('Ctrl-C');
  await until(() => processesWith(order.folder).length === 0);
  // It may be started again, with another folder.
  expect(await runner.train({ ...order, signal: new AbortController().signal })).toMatchObject({
    result: 'lost',
  });
});

test('a training whose runner was killed with kill -9 goes on, and the next one waits for its end', async () => {
  const order = orderOf(
    'echo begun >> "$FAIRLEAD_TRAINING_OUTPUT/runs"; while [ ! -e "$FAIRLEAD_TRAINING_OUTPUT/go" ]; do sleep 0.05; done',
  );
  const child = spawn(
    process.execPath,
    ['--conditions=@fairlead/source', orderFile, JSON.stringify(order)],
    {
      stdio: 'inherit',
    },
  );
  await until(() => read(order, 'output/runs'));
  expect(await runner.has(order)).toBe(true);
  child.kill('SIGKILL');
  const [second, third] = [runner.train(order), runner.train(order)];
  writeFileSync(join(order.folder, 'output/go'), '');
  expect(await Promise.all([second, third])).toEqual([
    { result: 'completed' },
    { result: 'completed' },
  ]);
  expect(read(order, 'output/runs')).toBe('begun\n');
});

test('a training that was killed with kill -9 is lost', async () => {
  const order = orderOf('sleep 1000');
  const training = runner.train(order);
  const pid = await until(() => pidIn(order, 'process.json'));
  process.kill(-pid, 'SIGKILL');
  expect(await training).toEqual({ result: 'lost', reason: 'sh was ended by SIGKILL' });
});

test('a training whose supervisor was killed with kill -9 is lost, and its processes are ended', async () => {
  const order = orderOf('sleep 1000');
  const training = runner.train(order);
  const pid = await until(() => pidIn(order, 'process.json'));
  process.kill(pidIn(order, 'supervisor.json'), 'SIGKILL');
  expect(await training).toMatchObject({ result: 'lost' });
  expect(hasEnded(pid)).toBe(true);
  expect(processesWith(order.folder)).toEqual([]);
});

/** Processes whose environment has a text. */
function processesWith(text: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder, until } from '@fairlead/test-support';
import type { Program } from '../src/child.ts';
import { RunningPrograms } from '../src/run-programs.ts';
import { SampleError } from '../src/sample-error.ts';
import { hasEnded } from './support/has-ended.ts';

const ready = (): Promise<undefined> => Promise.resolve(undefined);

function programs() {
  const folder = temporaryFolder();
  const record = join(folder, 'processes.json');
  const running = new RunningPrograms(folder, record);
  onTestFinished(() => running.stop());
  const shell = (name: string, script: string): Program => ({
    name,
    command: ['/bin/sh', '-c', script],
    environment: { PATH: process.env.PATH ?? '' },
    workingFolder: folder,
    stopSignal: 'SIGTERM',
  });
  const pids = (): number[] =>
    (JSON.parse(readFileSync(record, 'utf8')) as { pid: number }[]).map(({ pid }) => pid);
  return { folder, record, running, shell, pids };
}

test('programs are stopped in the opposite order, each after the one before has ended', async () => {
  const { folder, record, running, shell, pids } = programs();
  const order = join(folder, 'order');
  const script = (name: string) =>
    `trap "sleep 0.2; echo ${name} >> '${order}'; exit 0" TERM; echo up; while :; do sleep 0.02; done`;
  for (const name of ['first', 'second', 'third']) {
    const log = join(folder, `${name}.log`);
    await running.start(shell(name, script(name)), 20_000, () =>
      Promise.resolve(readFileSync(log, 'utf8').includes('up') ? undefined : 'not up yet'),
    );
  }
  const started = pids();
  expect(started).toHaveLength(3);
  await running.stop();
  expect(readFileSync(order, 'utf8')).toBe('third\nsecond\nfirst\n');
  for (const pid of started) expect(hasEnded(pid)).toBe(true);
  expect(() => readFileSync(record)).toThrow('ENOENT');
});

test('a program that ends unexpectedly is reported with its exit code and its last lines', async () => {
  const { running, shell } = programs();
  await running.start(shell('steady', 'sleep 300'), 20_000, ready);
  await running.start(shell('frail', 'sleep 0.1; echo out of cheese; exit 7'), 20_000, ready);
  await expect(running.died).rejects.toThrow(SampleError);
  await expect(running.died).rejects.toThrow(
    /^frail has ended \(exit code 7\)\. The last lines of .*\/frail\.log:\nout of cheese$/,
  );
});

test('a program that ends before it is ready fails the start', async () => {
  const { running, shell } = programs();
  const starting = running.start(shell('stillborn', 'exit 1'), 20_000, () =>
    Promise.reject(new Error('no response')),
  );
  await expect(starting).rejects.toThrow('stillborn has ended (exit code 1). It wrote nothing.');
});

test('a program that is not ready in time is reported with its last problem', async () => {
  const { running, shell } = programs();
  const starting = running.start(shell('late', 'echo coming; sleep 300'), 300, () =>
    Promise.resolve('it answers 503'),
  );
  await expect(starting).rejects.toThrow(
    /^late isn't ready after 0\.3 s: it answers 503\nThe last lines of .*late\.log:\ncoming$/,
  );
});

test('no program is started once everything is being stopped', async () => {
  const { folder, running, shell } = programs();
  await running.start(shell('first', 'sleep 300'), 20_000, ready);
  const marker = join(folder, 'marker');
  const stopping = running.stop();
  await expect(running.start(shell('second', `touch ${marker}`), 1000, ready)).rejects.toThrow(
    SampleError,
  );
  await stopping;
  expect(() => readFileSync(marker)).toThrow('ENOENT');
  // A stopped program is not reported.
  const outcome = await Promise.race([running.died.catch(() => 'died'), until(() => 'quiet')]);
  expect(outcome).toBe('quiet');
});

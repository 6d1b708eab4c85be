import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '@fairlead/setup/process-identity';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder, until } from '@fairlead/test-support';
import { endLeftovers, deleteProcessRecord, recordProcesses } from '../src/leftovers.ts';
import { hasEnded } from './support/has-ended.ts';

/** Starts a shell in a separate process group, like the programs of the starter. */
function startShell(script: string): number {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child.pid ?? 0;
}

const LONG_MS = 60_000;

test('the next start waits for a program that is about to end', async () => {
  const folder = temporaryFolder();
  const [record, marker] = [join(folder, 'record'), join(folder, 'marker')];
  const pid = startShell(`sleep 0.5; echo done > '${marker}'`);
  recordProcesses(record, [pid, undefined]);
  await endLeftovers(record, LONG_MS);
  expect(readFileSync(marker, 'utf8')).toBe('done\n');
  expect(hasEnded(pid)).toBe(true);
  expect(existsSync(record)).toBe(false);
});

test('a program that does not end is killed with its children', async () => {
  const folder = temporaryFolder();
  const [record, started] = [join(folder, 'record'), join(folder, 'started')];
  const pid = startShell(`trap '' TERM; sleep 300 & echo $! > '${started}'; wait`);
  const grandchild = await until(() => Number(readFileSync(started, 'utf8')) || undefined);
  recordProcesses(record, [pid]);
  await endLeftovers(record, 100);
  await until(() => hasEnded(pid));
  await until(() => hasEnded(grandchild));
});

test('an unrelated process with the PID of an ended one is not killed', async () => {
  const record = join(temporaryFolder(), 'record');
  const pid = startShell('sleep 300');
  writeFileSync(record, JSON.stringify([{ pid, startTime: '1' }]));
  await endLeftovers(record, LONG_MS);
  expect(identify(pid)).toBeDefined();
});

describe('an invalid record is deleted', () => {
  test.each([
    ...['', '{', '{}', '7', 'null', '[null, 7, "x", [], {}]'],
    ...['[{"pid":-1,"startTime":"1"},{"pid":0,"startTime":"1"},{"pid":1.5,"startTime":"1"}]'],
  ])('%s', async (content) => {
    const record = join(temporaryFolder(), 'record');
    writeFileSync(record, content);
    await endLeftovers(record, LONG_MS);
    expect(existsSync(record)).toBe(false);
  });
});

test('without a record there is nothing to do', async () => {
  const record = join(temporaryFolder(), 'record');
  await endLeftovers(record, LONG_MS);
  deleteProcessRecord(record);
  expect(existsSync(record)).toBe(false);
});

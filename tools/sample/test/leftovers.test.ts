import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '@fairlead/setup/process-identity';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder, until } from '@fairlead/test-support';
import { endLeftovers, forgetProcesses, noteProcesses } from '../src/leftovers.ts';
import { isGone } from './support/is-gone.ts';

/** A shell in a process group of its own, as the starter's programs are. */
function startShell(script: string): number {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child.pid ?? 0;
}

const LONG_MS = 60_000;

test('a program that is about to end is waited for', async () => {
  const folder = temporaryFolder();
  const [note, marker] = [join(folder, 'note'), join(folder, 'marker')];
  const pid = startShell(`sleep 0.5; echo done > '${marker}'`);
  noteProcesses(note, [pid, undefined]);
  await endLeftovers(note, LONG_MS);
  expect(readFileSync(marker, 'utf8')).toBe('done\n');
  expect(isGone(pid)).toBe(true);
  expect(existsSync(note)).toBe(false);
});

test('one that does not end is killed, with everything that it started', async () => {
  const folder = temporaryFolder();
  const [note, started] = [join(folder, 'note'), join(folder, 'started')];
  const pid = startShell(`trap '' TERM; sleep 300 & echo $! > '${started}'; wait`);
  const grandchild = await until(() => Number(readFileSync(started, 'utf8')) || undefined);
  noteProcesses(note, [pid]);
  await endLeftovers(note, 100);
  await until(() => isGone(pid));
  await until(() => isGone(grandchild));
});

test('whoever got the number of a process that is gone is left alone', async () => {
  const note = join(temporaryFolder(), 'note');
  const pid = startShell('sleep 300');
  writeFileSync(note, JSON.stringify([{ pid, startTime: '1' }]));
  await endLeftovers(note, LONG_MS);
  expect(identify(pid)).toBeDefined();
});

describe('a note that is of no use is forgotten', () => {
  test.each([
    ...['', '{', '{}', '7', 'null', '[null, 7, "x", [], {}]'],
    ...['[{"pid":-1,"startTime":"1"},{"pid":0,"startTime":"1"},{"pid":1.5,"startTime":"1"}]'],
  ])('%s', async (content) => {
    const note = join(temporaryFolder(), 'note');
    writeFileSync(note, content);
    await endLeftovers(note, LONG_MS);
    expect(existsSync(note)).toBe(false);
  });
});

test('without a note there is nothing to do', async () => {
  const note = join(temporaryFolder(), 'note');
  await endLeftovers(note, LONG_MS);
  forgetProcesses(note);
  expect(existsSync(note)).toBe(false);
});

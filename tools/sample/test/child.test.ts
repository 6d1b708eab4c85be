import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder, until } from '@fairlead/test-support';
import { Child, type Program } from '../src/child.ts';
import { hasEnded } from './support/has-ended.ts';

const PATH = process.env.PATH ?? '';

/** Runs a shell script as a program; it is killed when the test ends. */
function run(script: string, changes: Partial<Program> = {}) {
  const folder = temporaryFolder();
  const child = new Child(
    {
      name: 'program',
      command: ['/bin/sh', '-c', script],
      environment: { PATH },
      workingFolder: folder,
      stopSignal: 'SIGTERM',
      ...changes,
    },
    folder,
  );
  onTestFinished(() => child.stop(0));
  return { child, folder };
}

describe('the result of a program', () => {
  test('is its exit code', async () => {
    expect(await run('exit 3').child.ended).toBe('exit code 3');
  });

  test('is the signal that killed it', async () => {
    expect(await run('kill -9 $$').child.ended).toBe('SIGKILL');
  });

  test('is an exit code and a log line for a missing program', async () => {
    const { child } = run('', { command: ['/nowhere/at-all'] });
    expect(await child.ended).toMatch(/^exit code 1/);
    expect(child.lastLines()).toContain('/nowhere/at-all');
  });
});

describe('the log', () => {
  test('has both output streams, and only this user can read it', async () => {
    const { child, folder } = run('echo out; echo err >&2');
    await child.ended;
    expect(child.logFile).toBe(join(folder, 'program.log'));
    expect(readFileSync(child.logFile, 'utf8')).toBe('out\nerr\n');
    expect(statSync(child.logFile).mode & 0o777).toBe(0o600);
  });

  test('returns its last lines', async () => {
    const { child } = run('seq 100');
    await child.ended;
    const lines = child.lastLines().split('\n');
    expect(lines).toEqual(Array.from({ length: 15 }, (_, index) => String(86 + index)));
  });

  test('returns no lines of an earlier run', async () => {
    const first = run('echo first');
    await first.child.ended;
    const second = new Child(
      {
        name: 'program',
        command: ['/bin/sh', '-c', 'echo second'],
        environment: { PATH },
        workingFolder: first.folder,
        stopSignal: 'SIGTERM',
      },
      first.folder,
    );
    await second.ended;
    expect(second.lastLines()).toBe('second');
    expect(readFileSync(second.logFile, 'utf8')).toBe('first\nsecond\n');
  });

  test('is the error log of a program that has one', async () => {
    const errorLog = join(temporaryFolder(), 'error.log');
    const { child } = run(`echo said; echo wrong >> '${errorLog}'`, { errorLog });
    await child.ended;
    expect(child.logFile).toBe(errorLog);
    expect(child.lastLines()).toBe('wrong');
    appendFileSync(errorLog, 'again\n');
    expect(child.lastLines()).toBe('wrong\nagain');
  });
});

test('a program gets only the given environment', async () => {
  const { child } = run('env | grep -c MARKER; echo "$GIVEN"', {
    environment: { PATH, GIVEN: 'this' },
  });
  await child.ended;
  expect(child.lastLines()).toBe('0\nthis');
});

describe('stopping', () => {
  test('sends the stop signal and waits until the program has ended', async () => {
    const { child } = run(
      'trap "echo finished; exit 0" QUIT; echo up; while :; do sleep 0.05; done',
      {
        stopSignal: 'SIGQUIT',
      },
    );
    await until(() => (child.lastLines() === 'up' ? true : undefined));
    await child.stop(20_000);
    expect(await child.ended).toBe('exit code 0');
    expect(child.lastLines()).toContain('finished');
  });

  test('kills the program and its children after the timeout', async () => {
    const { child } = run('trap "" TERM; sleep 300 & echo $!; wait');
    const grandchild = await until(() => Number(child.lastLines()) || undefined);
    await child.stop(50);
    expect(await child.ended).toBe('SIGKILL');
    await until(() => hasEnded(grandchild));
  });

  test('kills the children of a program that has ended', async () => {
    const { child } = run('sleep 300 & echo $!');
    expect(await child.ended).toBe('exit code 0');
    const grandchild = Number(child.lastLines());
    expect(hasEnded(grandchild)).toBe(false);
    await child.stop(20_000);
    await until(() => hasEnded(grandchild));
  });
});

test('a program is ended when its starter is killed', async () => {
  const folder = temporaryFolder();
  const program = fileURLToPath(new URL('processes/start-child.ts', import.meta.url));
  const starter = spawn(process.execPath, [
    '--conditions=@fairlead/source',
    program,
    folder,
    '/bin/sh',
    '-c',
    'trap "echo terminated; exit 0" TERM; echo up; while :; do sleep 0.05; done',
  ]);
  onTestFinished(() => {
    starter.kill('SIGKILL');
  });
  const [line] = (await once(starter.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  const log = join(folder, 'program.log');
  await until(() => (readFileSync(log, 'utf8').includes('up') ? true : undefined));
  expect(hasEnded(pid)).toBe(false);
  starter.kill('SIGKILL');
  await until(() => hasEnded(pid));
  expect(readFileSync(log, 'utf8')).toBe('up\nterminated\n');
});

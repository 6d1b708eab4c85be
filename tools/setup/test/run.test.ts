import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';

import { identify, isAlive } from '../src/process-identity.mjs';
import { createTinyRepository } from './tiny-repository.ts';

const TIMEOUT_MS = 180_000;

let root: string;
beforeAll(() => {
  root = createTinyRepository().root;
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

function run(script: string, ...args: string[]) {
  writeFileSync(join(root, 'script.ts'), script);
  const child = spawn(process.execPath, ['tools/setup/run.mjs', join(root, 'script.ts'), ...args], {
    cwd: root,
    env: { ...process.env, FAIRLEAD_PYTHON: inject('copyingPython') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, closed, text: () => text };
}

async function says(started: { child: ChildProcess; text: () => string }, expected: string) {
  await vi.waitFor(
    () => {
      expect(started.text()).toContain(expected);
    },
    { timeout: TIMEOUT_MS, interval: 10 },
  );
}

describe('run.mjs', { timeout: TIMEOUT_MS }, () => {
  it('sets up, then runs the script with its arguments and passes its exit code on', async () => {
    const started = run(
      `const args: string[] = process.argv.slice(2);
       console.log(JSON.stringify({ args, condition: process.execArgv[0], path: process.env.PATH }));
       process.exitCode = 7;`,
      '--dev',
      'x y',
    );
    expect(await started.closed).toEqual([7, null]);
    const { args, condition, path } = JSON.parse(started.text()) as Record<
      string,
      string | string[]
    >;
    expect(args).toEqual(['--dev', 'x y']);
    expect(condition).toBe('--conditions=@fairlead/source');
    expect(path).toMatch(/\/node_modules\/\.bin:/);
    expect(path).toContain('/usr/sbin');
  });

  it('passes each signal on once and waits for the script', async () => {
    const started = run(
      `let count = 0;
       process.on('SIGINT', () => console.log('SIGINT ' + ++count));
       process.on('SIGTERM', () => { console.log('stopped'); clearInterval(timer); });
       const timer = setInterval(() => {}, 1000);
       console.log('ready');`,
    );
    await says(started, 'ready');
    started.child.kill('SIGINT');
    await says(started, 'SIGINT 1');
    started.child.kill('SIGINT');
    started.child.kill('SIGTERM');
    expect(await started.closed).toEqual([0, null]);
    expect(started.text()).toContain('stopped');
    expect(started.text()).not.toContain('SIGINT 2');
  });

  it('ends by the signal that ended the script', async () => {
    const started = run(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
    expect(await started.closed).toEqual([null, 'SIGKILL']);
  });

  it('does not keep a script alive that has nothing to do', async () => {
    expect(await run('').closed).toEqual([0, null]);
  });

  it('has the script stop in order when it is killed itself', async () => {
    const started = run(
      `process.on('SIGTERM', () => { console.log('in order'); clearInterval(timer); });
       const timer = setInterval(() => {}, 1000);
       console.log('pid ' + process.pid + ' .');`,
    );
    await says(started, '.\n');
    const script = identify(Number(/pid (\d+)/.exec(started.text())?.[1]));
    if (script === undefined) throw new Error('the script does not run');
    started.child.kill('SIGKILL');
    await started.closed;
    expect(started.text()).toContain('in order');
    await vi.waitFor(
      () => {
        expect(isAlive(script)).toBe(false);
      },
      { timeout: TIMEOUT_MS, interval: 50 },
    );
  });

  it('has the script stop in order when npm, which started it, is killed', async () => {
    writeFileSync(
      join(root, 'script.ts'),
      `process.on('SIGTERM', () => { console.log('in order'); clearInterval(timer); });
       const timer = setInterval(() => {}, 1000);
       console.log('pid ' + process.pid + ' .');`,
    );
    // Stands for npm: it starts run.mjs and is killed by a signal that can't be forwarded.
    const npm = spawn(
      '/bin/sh',
      ['-c', `${process.execPath} tools/setup/run.mjs ${join(root, 'script.ts')} & wait`],
      {
        cwd: root,
        env: { ...process.env, npm_lifecycle_event: 'start' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let text = '';
    npm.stdout.on('data', (data: Buffer) => (text += data.toString()));
    await says({ child: npm, text: () => text }, '.\n');
    const script = identify(Number(/pid (\d+)/.exec(text)?.[1]));
    if (script === undefined) throw new Error('the script does not run');
    npm.kill('SIGKILL');
    await vi.waitFor(
      () => {
        expect(isAlive(script)).toBe(false);
      },
      { timeout: TIMEOUT_MS, interval: 50 },
    );
    // Its last output may be read after its end.
    await vi.waitFor(
      () => {
        expect(text).toContain('in order');
      },
      { timeout: TIMEOUT_MS, interval: 50 },
    );
  });

  it('says how it is used', async () => {
    const child = spawn(process.execPath, ['tools/setup/run.mjs'], { cwd: root, stdio: 'pipe' });
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(2);
  });
});

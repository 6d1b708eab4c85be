import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { identify, isAlive } from '../src/process-identity.mjs';

describe('a process identity', () => {
  it('is alive while the process runs, and not after', async () => {
    const child = spawn('sleep', ['1000']);
    await once(child, 'spawn');
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw new Error('the process runs, yet it has no identity');
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
  });

  it('is not the one of a later process with the same number', () => {
    const now = identify(process.pid);
    expect(now).toBeDefined();
    expect(isAlive({ pid: process.pid, group: 1, startTime: '1' })).toBe(false);
  });

  it('reads past a command name with spaces and parentheses', async () => {
    const child = spawn('/bin/sh', ['-c', 'printf "a) (b" > /proc/$$/comm; echo; exec cat'], {
      stdio: 'pipe',
    });
    await once(child.stdout, 'data');
    const identity = identify(child.pid ?? 0);
    expect(identity?.startTime).toMatch(/^\d+$/);
    child.stdin.end();
    await once(child, 'exit');
  });
});

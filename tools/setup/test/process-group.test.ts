import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { endGroup, killGroup } from '../src/process-group.mjs';
import { identify, isAlive, type ProcessIdentity } from '../src/process-identity.mjs';

/** A shell that leads a separate group, and a process that it has started. */
async function startGroup() {
  const shell = spawn('/bin/sh', ['-c', 'sleep 1000 & echo $!; wait'], {
    detached: true,
    stdio: 'pipe',
  });
  const [output] = (await once(shell.stdout, 'data')) as [Buffer];
  const [leader, member] = [identify(shell.pid ?? 0), identify(Number(output.toString()))];
  if (leader === undefined || member === undefined) throw new Error('the group does not run');
  return { shell, leader, member };
}

describe('endGroup', () => {
  it('ends every process of the group', async () => {
    const { leader, member } = await startGroup();
    expect([leader.group, member.group]).toEqual([leader.pid, leader.pid]);
    await endGroup(leader);
    expect([isAlive(leader), isAlive(member)]).toEqual([false, false]);
    await endGroup(leader);
  });

  it('ends what has outlived the leader', async () => {
    const { shell, leader, member } = await startGroup();
    shell.kill('SIGKILL');
    await once(shell, 'exit');
    expect([isAlive(leader), isAlive(member)]).toEqual([false, true]);
    await endGroup(leader);
    expect(isAlive(member)).toBe(false);
  });

  it('leaves a later group of the same number alone', async () => {
    const { leader, member } = await startGroup();
    const earlier: ProcessIdentity = { ...leader, startTime: '1' };
    await endGroup(earlier);
    expect([isAlive(leader), isAlive(member)]).toEqual([true, true]);
    await endGroup(leader);
  });
});

describe('killGroup', () => {
  it('succeeds when there is no process', async () => {
    const { leader } = await startGroup();
    await endGroup(leader);
    killGroup(leader.pid);
  });
});

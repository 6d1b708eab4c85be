import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { beforeEach, expect, it } from 'vitest';

import type { Carrier } from '../../src/index.ts';
import { localCarrier } from '../../src/local.ts';
import { lockFleet } from '../../src/rollout/fleet-lock.ts';
import { acquireLock, releaseLock, renewLock } from '../../src/rollout/host-lock.ts';
import { hasEnded, thisProcess } from '../../src/rollout/lock-process.ts';

const since = '2026-01-02T03:04:05.000Z';
const alice = { id: 'a', owner: 'alice@laptop', since };
const bob = { id: 'b', owner: 'bob@desk', since };

let folder: string;
let carrier: Carrier;
beforeEach(() => {
  folder = temporaryFolder();
  carrier = hostOf(folder, 'h1');
});

/** A host whose folder of the agent is on this machine: the scripts run as they are. */
function hostOf(path: string, host: string): Carrier {
  const local = localCarrier();
  return {
    ...local,
    host,
    run: ([program, ...args], options) =>
      local.run(
        [program, ...args.map((word) => word.replaceAll('/var/lib/fairlead-deploy', path))],
        options,
      ),
  };
}

const readLock = (): string => readFileSync(join(folder, 'rollout.json'), 'utf8');

it('excludes another deployment, and names its owner and what frees the lock', async () => {
  await acquireLock(carrier, alice);
  await expect(acquireLock(carrier, bob)).rejects.toMatchObject({
    code: 'ERR_DEPLOY_LOCKED',
    message: expect.stringMatching(
      /^The host h1 is locked by alice@laptop since 2026-01-02T03:04:05\.000Z, renewed \d+ s ago\. .* expires 180 s after the last renewal; to deploy before, remove \/var\/lib\/fairlead-deploy\/rollout\.json on the host\.$/,
    ) as string,
  });
  await releaseLock(carrier, bob);
  expect(JSON.parse(readLock())).toEqual(alice);
  await releaseLock(carrier, alice);
  await acquireLock(carrier, bob);
  expect(JSON.parse(readLock())).toEqual(bob);
});

it('lets one of twenty that come at once take it', async () => {
  const all = Array.from({ length: 20 }, (_, index) => ({ ...alice, id: String(index) }));
  const results = await Promise.allSettled(all.map((owner) => acquireLock(carrier, owner)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('expires without renewal, and the one that lost it notices', async () => {
  await acquireLock(carrier, alice);
  const age = (seconds: number): void => {
    const time = Date.now() / 1_000 - seconds;
    utimesSync(join(folder, 'rollout.json'), time, time);
  };
  age(170);
  await expect(acquireLock(carrier, bob)).rejects.toMatchObject({ code: 'ERR_DEPLOY_LOCKED' });
  age(170);
  await renewLock(carrier, alice);
  await expect(acquireLock(carrier, bob)).rejects.toThrow(/renewed [0-9] s ago/);
  age(190);
  await acquireLock(carrier, bob);
  await expect(renewLock(carrier, alice)).rejects.toMatchObject({
    code: 'ERR_DEPLOY_LOCKED',
    message: expect.stringContaining('another deployment has taken the lock') as string,
  });
});

it.each(['', '{', '{"id":5}', '"x"', 'a\nb'])(
  'excludes others with the content %j',
  async (text) => {
    writeFileSync(join(folder, 'rollout.json'), text);
    await expect(acquireLock(carrier, bob)).rejects.toMatchObject({
      code: 'ERR_DEPLOY_LOCKED',
      message: expect.stringContaining('locked by another deployment, renewed') as string,
    });
  },
);

it('takes at once the lock of a process of this machine that was killed', async () => {
  const child = spawn('sleep', ['60']);
  const process = { ...thisProcess(), machine: thisProcess()?.machine ?? '', pid: child.pid ?? 0 };
  await acquireLock(carrier, { ...alice, process });
  await expect(acquireLock(carrier, bob)).rejects.toMatchObject({ code: 'ERR_DEPLOY_LOCKED' });
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  await acquireLock(carrier, bob);
  expect(JSON.parse(readLock())).toEqual(bob);
  await releaseLock(carrier, bob);
  // A process of another machine can't be seen.
  await acquireLock(carrier, { ...alice, process: { ...process, machine: 'other' } });
  await expect(acquireLock(carrier, bob)).rejects.toMatchObject({ code: 'ERR_DEPLOY_LOCKED' });
});

it('knows that this process runs, and one of process 1', () => {
  const self = thisProcess();
  expect(hasEnded(self)).toBe(false);
  expect(hasEnded(undefined)).toBe(false);
  expect(hasEnded(self && { ...self, pid: 1 })).toBe(false);
  expect(hasEnded(self && { ...self, pid: 4_194_303 })).toBe(true);
});

it('locks a fleet as a whole: a host that is locked frees the others again', async () => {
  const other = temporaryFolder();
  const hosts = [hostOf(other, 'h2'), carrier];
  await acquireLock(hostOf(other, 'h2'), alice);
  await expect(lockFleet(hosts, 'bob@desk')).rejects.toThrow(/^The host h2 is locked by alice/);
  expect(readdirSync(folder)).not.toContain('rollout.json');
  await releaseLock(hostOf(other, 'h2'), alice);
  const lock = await lockFleet(hosts, 'bob@desk');
  expect(JSON.parse(readLock())).toMatchObject({ owner: 'bob@desk', process: thisProcess() });
  expect(lock.signal.aborted).toBe(false);
  await lock[Symbol.asyncDispose]();
  for (const each of [folder, other]) expect(readdirSync(each)).not.toContain('rollout.json');
});

import { beforeEach, describe, expect, it } from 'vitest';

import { rollBack, rollOut } from '../../src/index.ts';
import { releaseWithAgent } from '../support/release-with-agent.ts';
import { SimulatedHost } from '../support/simulated-host.ts';

const OLD = 'a'.repeat(64);
const OLDER = 'b'.repeat(64);

let release: Awaited<ReturnType<typeof releaseWithAgent>>;
let hosts: readonly [SimulatedHost, SimulatedHost, SimulatedHost];
let requests: string[];

beforeEach(async () => {
  release = await releaseWithAgent();
  hosts = [
    new SimulatedHost('i-1', [OLD]),
    new SimulatedHost('i-2', [OLD]),
    new SimulatedHost('i-3', [OLD]),
  ];
  requests = [];
});

describe('the work after every host has the release', () => {
  /** A fleet whose locks are recorded; renewals fail with `isTaken`. */
  const locked = (isTaken = false) => ({
    hosts: hosts.map(({ carrier }) => ({
      carrier: {
        ...carrier,
        run: (...args: Parameters<typeof carrier.run>) => {
          const [[, , script = '']] = args;
          if (script.includes('rm "$lock"')) requests.push('unlock');
          const isRenewal = script.includes('touch "$lock"');
          if (isTaken && isRenewal) return Promise.resolve({ code: 76, stdout: '', stderr: '' });
          return carrier.run(...args);
        },
      },
    })),
    onEveryHost: (digest: string) => {
      requests.push(`every ${digest}`);
      return Promise.resolve();
    },
  });

  it('runs while the hosts are locked', async () => {
    await rollOut({ ...locked(), release: release.path, watchMs: 0 });
    expect(requests.slice(-4)).toEqual([`every ${release.digest}`, 'unlock', 'unlock', 'unlock']);
    requests = [];
    await rollBack(locked());
    expect(requests.slice(-4)).toEqual([`every ${OLD}`, 'unlock', 'unlock', 'unlock']);
  });

  it('does not run after another deployment took a lock, or a host failed', async () => {
    const taken = rollOut({ ...locked(true), release: release.path, watchMs: 0 });
    await expect(taken).rejects.toMatchObject({ code: 'ERR_DEPLOY_LOCKED' });
    const [, second] = hosts;
    second.reports = OLDER;
    await rollBack(locked());
    expect(requests.filter((each) => each.startsWith('every'))).toEqual([]);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';

import { rollBack, rollOut } from '../../src/index.ts';
import { OLD, OLDER, simulatedFleet, type SimulatedFleet } from '../support/simulated-fleet.ts';

let release: SimulatedFleet['release'];
let hosts: SimulatedFleet['hosts'];
let requests: string[];

beforeEach(async () => {
  ({ release, hosts } = await simulatedFleet());
  requests = [];
});

describe('the work after every host has the release', () => {
  /** A fleet whose locks are recorded; with `isTaken`, renewals fail once every host has the release. */
  const locked = (isTaken = false) => ({
    hosts: hosts.map(({ carrier }) => ({
      carrier: {
        ...carrier,
        run: (...args: Parameters<typeof carrier.run>) => {
          const [[, , script = '']] = args;
          if (script.includes('rm "$lock"')) requests.push('unlock');
          const isLate = hosts.every(({ current }) => current === release.digest);
          if (isTaken && isLate && script.includes('touch "$lock"'))
            return Promise.resolve({ code: 76, stdout: '', stderr: '' });
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

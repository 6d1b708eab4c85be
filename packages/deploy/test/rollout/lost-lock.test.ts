import { beforeEach, describe, expect, it, vi } from 'vitest';

import { rollBack, rollOut, type Balancer } from '../../src/index.ts';
import { EXPIRY_SECONDS } from '../../src/rollout/host-lock.ts';
import { OLD, OLDER, simulatedFleet, type SimulatedFleet } from '../support/simulated-fleet.ts';

/** Release of the other deployment. */
const OTHER = 'c'.repeat(64);

let release: SimulatedFleet['release'];
let hosts: SimulatedFleet['hosts'];
let requests: string[];
/** Called before the balancer drains a host. */
let onDrain: (target: string) => void;
/** Time for which this machine was asleep. */
let asleepMs: number;
const now = Date.now;

beforeEach(async () => {
  ({ release, hosts } = await simulatedFleet());
  requests = [];
  onDrain = () => undefined;
  asleepMs = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + asleepMs);
});

const balancer: Balancer = {
  drain: (target) => {
    requests.push(`drain ${target}`);
    onDrain(target);
    return Promise.resolve();
  },
  ready: (target) => {
    requests.push(`ready ${target}`);
    return Promise.resolve();
  },
};

/** A balancer that needs a moment until a host is healthy. */
const slow: Balancer = {
  ...balancer,
  ready: () => new Promise((resolve) => void setTimeout(resolve, 100)),
};

const fleet = () => ({
  ...{ hosts: hosts.map(({ carrier }) => ({ carrier })), balancer },
  suspend: () => {
    requests.push('suspend');
    const resume = () => Promise.resolve(void requests.push('resume'));
    return Promise.resolve({ [Symbol.asyncDispose]: resume });
  },
  onEveryHost: () => Promise.resolve(void requests.push('every host')),
});
const deploy = (watchMs = 0) => rollOut({ ...fleet(), release: release.path, watchMs });

/** This machine sleeps until the locks have expired; another deployment takes those of all hosts, and gives them its release. */
function takeOver({ frees = false } = {}): void {
  asleepMs += EXPIRY_SECONDS * 1_000;
  for (const host of hosts) {
    host.lock = frees ? undefined : 'other';
    host.history = [OTHER, ...host.history];
    host.isHealthy = false;
  }
}

const lost = (...parts: readonly string[]) =>
  expect.objectContaining({
    code: 'ERR_DEPLOY_LOCKED',
    message: expect.stringMatching(
      ['another deployment has taken the lock', ...parts, 'fairlead hosts status'].join('.*'),
    ) as string,
  }) as Error;

describe('an update whose locks another deployment has taken', () => {
  it.each([{ frees: false }, { frees: true }])(
    'reverts no host while the hosts are watched, with %j',
    async (other) => {
      const [, , third] = hosts;
      let checks = 0;
      third.onCommand = (command) => {
        checks += command === 'check' ? 1 : 0;
        if (command === 'check' && checks === 1) takeOver(other);
      };
      await expect(deploy(300)).rejects.toEqual(lost('before, it changed i-1, i-2, i-3'));
      expect(hosts.map(({ current }) => current)).toEqual([OTHER, OTHER, OTHER]);
      expect(hosts.flatMap(({ commands }) => commands)).not.toContain('rollback');
      expect(requests).not.toContain('every host');
    },
  );

  it('changes no further host', async () => {
    const [first, second] = hosts;
    first.onCommand = (command) => {
      if (command === 'check') takeOver();
    };
    await expect(deploy()).rejects.toEqual(lost('before, it changed i-1\\.'));
    expect(second.commands).toEqual(['prepare', 'status']);
    expect(requests.slice(-1)).toEqual(['resume']);
  });

  it('suspends nothing after a preparation that took too long', async () => {
    const [, , third] = hosts;
    third.onCommand = (command) => {
      if (command === 'status') takeOver();
    };
    await expect(deploy()).rejects.toEqual(lost('This one changed nothing'));
    expect(requests).toEqual([]);
  });

  it('leaves a host drained that the other deployment may be changing, and names it', async () => {
    const [, second] = hosts;
    onDrain = (target) => {
      if (target === 'i-2') takeOver();
    };
    await expect(deploy()).rejects.toEqual(lost('sends no requests to i-2: the other deployment'));
    expect(second.commands).not.toContain('activate');
    expect(requests.slice(-2)).toEqual(['drain i-2', 'resume']);
  });

  it('lets a drained host serve when the other deployment has ended, and frees its lock again', async () => {
    const [, second] = hosts;
    onDrain = (target) => {
      if (target !== 'i-2') return;
      takeOver({ frees: true });
      second.isHealthy = true;
    };
    await expect(deploy()).rejects.toEqual(lost('before, it changed i-1\\.'));
    expect(second.current).toBe(OTHER);
    expect(requests.slice(-3)).toEqual(['drain i-2', 'ready i-2', 'resume']);
    expect(hosts.map(({ lock }) => lock)).toEqual([undefined, undefined, undefined]);
  });

  it('lets no host serve after its activation, and does not repeat one whose connection broke', async () => {
    const [first] = hosts;
    first.onCommand = (command) => {
      if (command !== 'activate') return;
      first.isReachable = false;
      takeOver();
      setTimeout(() => {
        first.isReachable = true;
      }, 500);
    };
    await expect(deploy()).rejects.toEqual(lost('before, it changed i-1\\.', 'no requests to i-1'));
    expect(first.commands.filter((each) => each === 'activate')).toHaveLength(1);
    expect([first.current, requests.slice(-2)]).toEqual([OTHER, ['drain i-1', 'resume']]);
  });

  it('goes on when only a connection broke', async () => {
    const [first] = hosts;
    onDrain = (target) => {
      if (target !== 'i-1') return;
      first.isReachable = false;
      setTimeout(() => {
        first.isReachable = true;
      }, 500);
    };
    expect(await deploy()).toMatchObject({ outcome: 'activated' });
  });

  it('is not confirmed by a host that cannot be reached', async () => {
    const [first, , third] = hosts;
    third.onCommand = (command) => {
      if (command === 'activate') setTimeout(() => (first.isReachable = false), 50);
    };
    const rolling = rollOut({ ...fleet(), release: release.path, watchMs: 0, balancer: slow });
    await expect(rolling).rejects.toMatchObject({
      code: 'ERR_DEPLOY_HOST',
      message: expect.stringContaining("The host i-1: can't be reached") as string,
    });
    expect(requests).not.toContain('every host');
  });
});

it('a rollback whose locks another deployment has taken changes no further host', async () => {
  for (const host of hosts) host.history = [OLD, OLDER];
  const [first, second] = hosts;
  onDrain = (target) => {
    if (target === 'i-2') takeOver();
  };
  await expect(rollBack(fleet())).rejects.toEqual(lost('before, it changed i-1\\.'));
  expect([first, second].map(({ commands }) => commands.includes('rollback'))).toEqual([
    true,
    false,
  ]);
  expect(requests).not.toContain('every host');
});

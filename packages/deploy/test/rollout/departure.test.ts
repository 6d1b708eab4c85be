import { beforeEach, describe, expect, it } from 'vitest';

import { rollBack, rollOut, type Balancer } from '../../src/index.ts';
import type { SimulatedHost } from '../support/simulated-host.ts';
import { OLD, OLDER, simulatedFleet, type SimulatedFleet } from '../support/simulated-fleet.ts';

let release: SimulatedFleet['release'];
let hosts: SimulatedFleet['hosts'];
let requests: string[];

beforeEach(async () => {
  ({ release, hosts } = await simulatedFleet());
  requests = [];
});

const balancer: Balancer = {
  drain: (target) => {
    requests.push(`drain ${target}`);
    return Promise.resolve();
  },
  ready: (target) => {
    requests.push(`ready ${target}`);
    return Promise.resolve();
  },
};

const fleet = () => ({
  hosts: hosts.map(({ carrier }) => ({ carrier })),
  balancer,
  departure: (name: string) => {
    const found = hosts.find((host) => host.name === name);
    return Promise.resolve(found?.departure);
  },
});
const deploy = (watchMs = 0) => rollOut({ ...fleet(), release: release.path, watchMs });
const outcomes = ({ hosts: results }: Awaited<ReturnType<typeof deploy>>) =>
  results.map(({ outcome }) => outcome);

/** Ends an instance before a command of its agent. */
function endBefore(host: SimulatedHost, before: string): void {
  host.onCommand = (command) => {
    if (command !== before) return;
    host.departure = 'ended';
    host.isReachable = false;
  };
}

describe('a host that leaves its fleet during an update', () => {
  it.each(['lock', 'prepare', 'status', 'activate'])(
    'is skipped when it ends before %s, and the others get the release',
    async (step) => {
      const [, second] = hosts;
      if (step === 'lock') {
        second.departure = 'ended';
        second.isReachable = false;
      } else endBefore(second, step);
      const rollout = await deploy();
      expect([rollout.outcome, outcomes(rollout)]).toEqual([
        'activated',
        ['activated', 'left', 'activated'],
      ]);
      expect(hosts.map(({ current }) => current)).toEqual([release.digest, OLD, release.digest]);
    },
  );

  it('is skipped before the balancer would send it requests again', async () => {
    const [first] = hosts;
    first.onCommand = (command) => {
      if (command === 'activate') first.departure = 'ended';
    };
    const rollout = await deploy();
    expect(outcomes(rollout)).toEqual(['left', 'activated', 'activated']);
    expect(requests).not.toContain('ready i-1');
    expect(requests).toContain('ready i-2');
  });

  it('is skipped while it is watched', async () => {
    const [first] = hosts;
    const watched = { count: 0 };
    first.onCommand = (command) => {
      watched.count += command === 'check' ? 1 : 0;
      if (watched.count === 3) {
        first.departure = 'ended';
        first.isReachable = false;
      }
    };
    expect(outcomes(await deploy(300))).toEqual(['left', 'activated', 'activated']);
  });

  it('is skipped when it is found to have ended only after it could not be reached', async () => {
    const [first] = hosts;
    first.onCommand = (command) => {
      if (command !== 'check' || !first.isReachable) return;
      first.isReachable = false;
      setTimeout(() => {
        first.departure = 'ended';
      }, 1_000);
    };
    const rollout = await deploy();
    expect([rollout.outcome, outcomes(rollout)]).toEqual([
      'activated',
      ['left', 'activated', 'activated'],
    ]);
  });

  it('is no failure while it cannot be reached for a moment', async () => {
    const [first] = hosts;
    first.onCommand = (command) => {
      if (command !== 'check' || !first.isReachable) return;
      first.onCommand = () => undefined;
      first.isReachable = false;
      setTimeout(() => {
        first.isReachable = true;
      }, 1_000);
    };
    expect(outcomes(await deploy())).toEqual(['activated', 'activated', 'activated']);
  });

  it('fails the update when it is replaced for its health with the new release', async () => {
    const [first, , third] = hosts;
    third.onCommand = (command) => {
      if (command === 'activate') first.departure = 'unhealthy';
    };
    const rollout = await deploy(10);
    expect(rollout.outcome).toBe('failed');
    expect(rollout.message).toContain('not healthy');
    expect(hosts.slice(1).map(({ current }) => current)).toEqual([OLD, OLD]);
  });

  it('is skipped when it was replaced for its health with the old release', async () => {
    const [, , third] = hosts;
    third.departure = 'unhealthy';
    expect(outcomes(await deploy())).toEqual(['activated', 'activated', 'left']);
    expect(third.commands).not.toContain('activate');
  });

  it('is a failure when it is a member and cannot be reached', async () => {
    const [, second] = hosts;
    second.onCommand = (command) => {
      if (command === 'prepare') second.isReachable = false;
    };
    const rollout = await deploy();
    expect([rollout.outcome, rollout.message]).toEqual([
      'failed',
      expect.stringContaining("The host i-2: can't be reached") as string,
    ]);
    expect(hosts.map(({ current }) => current)).toEqual([OLD, OLD, OLD]);
  });

  it('is a failure when the group cannot be read', async () => {
    const [, second] = hosts;
    endBefore(second, 'prepare');
    const departure = () => Promise.reject(new Error('denied'));
    const rollout = await rollOut({ ...fleet(), departure, release: release.path, watchMs: 0 });
    expect([rollout.outcome, rollout.message]).toEqual([
      'failed',
      expect.stringContaining("The host i-2: can't be reached") as string,
    ]);
  });

  it('makes the update fail when every host has left', async () => {
    for (const host of hosts) host.departure = 'ended';
    expect(await deploy()).toMatchObject({
      outcome: 'failed',
      message: 'Every host has left the fleet',
    });
  });

  it('leaves a last host, which is not drained, because no other would serve', async () => {
    const [first, second] = hosts;
    for (const host of [first, second]) endBefore(host, 'prepare');
    expect(outcomes(await deploy())).toEqual(['left', 'left', 'activated']);
    expect(requests).toEqual(['ready i-3']);
  });

  it('makes the batches smaller, so that the others serve', async () => {
    const [, second] = hosts;
    endBefore(second, 'prepare');
    const options = { ...fleet(), batch: '67%' as const };
    await rollOut({ ...options, release: release.path, watchMs: 0 });
    expect(requests).toEqual(['drain i-1', 'ready i-1', 'drain i-3', 'ready i-3']);
    requests = [];
    await rollBack(options);
    expect(requests).toEqual(['drain i-1', 'ready i-1', 'drain i-3', 'ready i-3']);
  });

  it('is drained as the only host of a call when others serve', async () => {
    const [first] = hosts;
    const only = { ...fleet(), hosts: [{ carrier: first.carrier }] };
    await rollOut({ ...only, release: release.path, watchMs: 0 });
    expect(requests).toEqual(['ready i-1']);
    first.history = [OLD];
    await rollOut({ ...only, release: release.path, watchMs: 0, othersServe: true });
    expect(requests).toEqual(['ready i-1', 'drain i-1', 'ready i-1']);
  });
});

describe('a rollback of a fleet with new hosts', () => {
  const fetched: string[] = [];
  const releases = {
    fetch: (digest: string) => {
      fetched.push(digest);
      const found = { path: release.path, digest, [Symbol.asyncDispose]: () => Promise.resolve() };
      return Promise.resolve(found);
    },
  };
  const setHistories = (...histories: readonly (readonly string[])[]): void => {
    for (const [index, history] of histories.entries()) {
      const host = hosts[index];
      if (host !== undefined) host.history = [...history];
    }
  };

  it('gives a host without a release before that of the others, and a second rollback goes further back', async () => {
    setHistories([OLD, release.digest, OLDER], [OLD, release.digest, OLDER], [OLD]);
    expect((await rollBack({ ...fleet(), releases })).outcome).toBe('activated');
    expect(hosts.map(({ history }) => history)).toEqual([
      [release.digest, OLDER],
      [release.digest, OLDER],
      [release.digest],
    ]);
    expect(fetched).toEqual([release.digest]);
    const [, , third] = hosts;
    expect(third.commands).toContain('prepare');
  });

  it('asks for the release before when every host is new, and changes nothing without one', async () => {
    const previous = (current: string) =>
      Promise.resolve(current === OLD ? release.digest : undefined);
    const rolled = await rollBack({ ...fleet(), releases: { ...releases, previous } });
    expect(rolled.outcome).toBe('activated');
    expect(hosts.map(({ current }) => current)).toEqual(hosts.map(() => release.digest));
    setHistories([OLDER], [OLDER], [OLDER]);
    await expect(rollBack({ ...fleet(), releases: { ...releases, previous } })).rejects.toThrow(
      'No host has a release before the one that runs',
    );
  });

  it('is an error without a source of releases', async () => {
    setHistories([OLD, OLDER], [OLD, OLDER], [OLD]);
    await expect(rollBack(fleet())).rejects.toThrow('i-3 to none');
    expect(hosts.map(({ current }) => current)).toEqual([OLD, OLD, OLD]);
  });

  it('changes the hosts that lack a given release only', async () => {
    setHistories([release.digest, OLDER], [OLD, release.digest], [OLD]);
    const rolled = await rollBack({ ...fleet(), releases, to: release.digest });
    expect(outcomes(rolled)).toEqual(['unchanged', 'activated', 'activated']);
    expect(hosts.map(({ current }) => current)).toEqual(hosts.map(() => release.digest));
  });

  it('skips a host that ends', async () => {
    setHistories([OLD, OLDER], [OLD, OLDER], [OLD, OLDER]);
    const [, second] = hosts;
    endBefore(second, 'rollback');
    expect(outcomes(await rollBack(fleet()))).toEqual(['activated', 'left', 'activated']);
  });
});

describe('a host that reports another release than it should', () => {
  it('fails a deployment, whose result has the release of the command', async () => {
    const [first] = hosts;
    first.onCommand = (command) => {
      if (command === 'activate') first.reports = OLDER;
    };
    const rollout = await deploy();
    expect(rollout).toMatchObject({
      outcome: 'failed',
      release: release.digest,
      message: `The host i-1: it reports the release ${OLDER.slice(0, 12)} in place of ${release.digest.slice(0, 12)}`,
    });
    expect(requests).not.toContain('ready i-1');
    expect(hosts.slice(1).map(({ current }) => current)).toEqual([OLD, OLD]);
  });

  it('fails a rollback', async () => {
    for (const host of hosts) host.history = [OLD, OLDER];
    const [, second] = hosts;
    second.reports = release.digest;
    const rollout = await rollBack(fleet());
    expect([rollout.outcome, rollout.release]).toEqual(['failed', OLDER]);
    expect(outcomes(rollout)).toEqual(['activated', 'failed', 'untouched']);
  });

  it('is refused as one that lacks the release when there is no source of releases', async () => {
    await expect(rollBack({ ...fleet(), to: OLDER })).rejects.toThrow('give releases');
    expect(hosts.map(({ current }) => current)).toEqual([OLD, OLD, OLD]);
  });
});

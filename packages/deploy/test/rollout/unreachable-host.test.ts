import { beforeEach, expect, it, vi } from 'vitest';

import { rollOut, type Balancer, type Carrier } from '../../src/index.ts';
import { EXPIRY_SECONDS } from '../../src/rollout/host-lock.ts';
import { simulatedFleet, type SimulatedFleet } from '../support/simulated-fleet.ts';

/** Release of another deployment. */
const OTHER = 'c'.repeat(64);

let release: SimulatedFleet['release'];
let hosts: SimulatedFleet['hosts'];
let requests: string[];
/** Hosts that the balancer sends no requests. */
let drained: Set<string>;
/** Called after the balancer has drained a host. */
let onDrain: (target: string) => void;
/** Time that has passed by the clock of the system only. */
let passedMs: number;
const now = Date.now;

beforeEach(async () => {
  ({ release, hosts } = await simulatedFleet());
  requests = [];
  drained = new Set();
  onDrain = () => undefined;
  passedMs = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + passedMs);
});

const balancer: Balancer = {
  drain: (target) => {
    requests.push(`drain ${target}`);
    drained.add(target);
    onDrain(target);
    return Promise.resolve();
  },
  ready: (target) => {
    requests.push(`ready ${target}`);
    drained.delete(target);
    return Promise.resolve();
  },
  isDrained: (target) => Promise.resolve(drained.has(target)),
};

const deploy = (
  carriers: readonly Carrier[] = hosts.map(({ carrier }) => carrier),
  using: Balancer = balancer,
) =>
  rollOut({
    ...{ hosts: carriers.map((carrier) => ({ carrier })), balancer: using },
    ...{ release: release.path, watchMs: 0 },
  });

/** From its drain on, the first host can't be reached from here. */
function disconnectAtDrain(): void {
  const [first] = hosts;
  onDrain = (target) => {
    if (target === 'i-1') first.isReachable = false;
  };
}

it('a host that cannot be reached any more when it is drained serves on', async () => {
  disconnectAtDrain();
  expect(await deploy()).toMatchObject({
    outcome: 'failed',
    hosts: [{ outcome: 'failed' }, { outcome: 'untouched' }, { outcome: 'untouched' }],
  });
  expect(requests).toEqual(['drain i-1', 'ready i-1']);
});

it.each<[string, () => void]>([
  ['that an update that failed has left drained', () => drained.add('i-1')],
  [
    'without an activated release',
    () => {
      hosts[0].history = [];
    },
  ],
])('a host %s, and cannot be reached, gets no requests', async (_, before) => {
  before();
  disconnectAtDrain();
  await deploy();
  expect(requests).toEqual(['drain i-1']);
});

it('a host whose state at the balancer is unknown, and cannot be reached, gets no requests', async () => {
  disconnectAtDrain();
  await deploy(undefined, { ...balancer, isDrained: () => Promise.reject(new Error('denied')) });
  expect(requests).toEqual(['drain i-1']);
});

it('a host that could not be reached until its lock has expired gets no requests: another deployment may have drained it', async () => {
  const [first] = hosts;
  onDrain = (target) => {
    if (target !== 'i-1') return;
    first.isReachable = false;
    passedMs += (EXPIRY_SECONDS + 60) * 1_000;
    first.lock = 'other';
    first.history = [OTHER, ...first.history];
  };
  await deploy();
  expect(requests).not.toContain('ready i-1');
});

it('a host that cannot be reached right after its release was activated serves', async () => {
  const [first] = hosts;
  first.onCommand = (command) => {
    if (command !== 'activate') return;
    // After the answer.
    setImmediate(() => {
      first.isReachable = false;
    });
  };
  await deploy();
  expect(requests.slice(0, 2)).toEqual(['drain i-1', 'ready i-1']);
  expect(drained).not.toContain('i-1');
});

it('a host that cannot be reached when it is drained for its revert serves on', async () => {
  const [first, second] = hosts;
  second.onCommand = (command) => {
    if (command === 'activate') second.reports = OTHER;
  };
  let drains = 0;
  onDrain = (target) => {
    if (target === 'i-1' && ++drains === 2) first.isReachable = false;
  };
  await deploy();
  expect(requests.filter((each) => each.endsWith('i-1'))).toEqual([
    ...['drain i-1', 'ready i-1', 'drain i-1', 'ready i-1'],
  ]);
});

it('a lock that expired while its answer was on its way does not count', async () => {
  const [first] = hosts;
  let isTaken = false;
  const carrier: Carrier = {
    ...first.carrier,
    async run(argv, options) {
      const result = await first.carrier.run(argv, options);
      if (!isTaken && argv.some((word) => word.includes('mv "$lock.new"'))) {
        isTaken = true;
        passedMs += (EXPIRY_SECONDS + 3_600) * 1_000;
        first.lock = 'other';
      }
      return result;
    },
  };
  await expect(deploy([carrier, hosts[1].carrier])).rejects.toMatchObject({
    code: 'ERR_DEPLOY_LOCKED',
  });
  expect(isTaken).toBe(true);
  expect(requests).toEqual([]);
});

import {
  compactCounts,
  CountsReader,
  judgeState,
  readPlan,
  RolloutLog,
  StepCounts,
  type RolloutObjects,
  type RolloutState,
} from '@fairlead/rollout';
import { memoryObjects } from '@fairlead/test-support/memory-objects';
import { Random } from '@fairlead/test-support/random';
import { describe, expect, it } from 'vitest';
import { SimulatedFleet } from '../support/fleet.ts';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-11-29T12:00:00Z');

/** A rollout with counts of several processes, every few minutes for some hours, and their sum by step. */
async function countedRollout(
  seed: number,
  { hours = 5, writers = 3, everyMinutes = 10, end = false } = {},
) {
  const random = new Random(seed);
  const objects = memoryObjects();
  let now = START;
  const log = new RolloutLog({ objects, model: 'churn', now: () => now });
  let state: RolloutState = await log.start(readPlan({ baseline: '3', candidate: '4' }), {
    actor: 'ada',
    reason: 'retrained',
  });
  const expected = new Map<number, StepCounts>();
  let sequence = 0;
  for (let minute = 0; minute < hours * 60; minute += everyMinutes) {
    now = START + minute * 60_000;
    const step = Math.min(2, Math.floor((minute / (hours * 60)) * 3));
    for (let writer = 0; writer < writers; writer += 1) {
      const counts = new StepCounts({ rollout: 'churn-1', step });
      for (let i = 0; i < 3; i += 1) {
        counts.add({
          variant: random.uniform() < 0.3 ? 'candidate' : 'baseline',
          key: `user-${Math.floor(random.uniform() * 400)}`,
          events: random.uniform() < 0.1 ? ['failure'] : [],
        });
      }
      const known = expected.get(step) ?? new StepCounts({ rollout: 'churn-1', step });
      known.merge(counts);
      expected.set(step, known);
      const hour = new Date(now).toISOString().slice(0, 13);
      const name = `${String((sequence += 1))}-host-${writer}`;
      const key = `rollouts/churn/0001/counts/0${step}/${hour}/${name}.json`;
      objects.bodies.set(key, new TextEncoder().encode(JSON.stringify(counts.toDocument())));
    }
  }
  if (end) {
    state = await log.change({ type: 'ended', result: 'aborted', actor: 'ada', reason: 'enough' });
  }
  const counted = () => [...objects.bodies.keys()].filter((key) => key.includes('/counts/')).sort();
  return { objects, state, expected: documents([...expected.values()]), counted, endedAt: now };
}

function documents(steps: readonly StepCounts[]) {
  const all = steps.map((counts) => {
    const { step, variants } = counts.toDocument();
    const sorted = Object.entries(variants).sort(([a], [b]) => (a < b ? -1 : 1));
    return { step, variants: Object.fromEntries(sorted) };
  });
  return all.sort((a, b) => a.step - b.step);
}

/** Reads like a process that has just started. */
async function readAfresh(objects: RolloutObjects, state: RolloutState, now: number) {
  const errors: unknown[] = [];
  const counts = await new CountsReader(objects, state, (error) => errors.push(error)).read(now);
  expect(errors).toEqual([]);
  return documents(counts);
}

/** The objects, of which creations and removals fail from one on, as for a process that is killed. */
function killedAfter(objects: RolloutObjects, changes: number): RolloutObjects {
  let left = changes;
  const change = <T>(run: () => Promise<T>): Promise<T> =>
    (left -= 1) < 0 ? Promise.reject(new Error('killed')) : run();
  return {
    read: (key, limits) => objects.read(key, limits),
    list: (folder) => objects.list(folder),
    create: (key, body) => change(() => objects.create(key, body)),
    remove: (key) => change(async () => objects.remove?.(key)),
  };
}

describe('compactCounts', () => {
  it.each([
    ['finished hours of a running rollout', false],
    ['all counts of one that has ended', true],
  ])(
    'sums up %s, and every reader finds the same sums at any change at which the process is killed',
    async (_, end) => {
      const now = START + 9 * HOUR_MS;
      for (let changes = 0; changes < 100; changes += end ? 7 : 11) {
        const { objects, state, expected, counted } = await countedRollout(changes, { end });
        const old = new CountsReader(objects, state, () => undefined);
        expect(documents(await old.read(START + 3 * HOUR_MS))).toEqual(expected);
        const killed = compactCounts({ objects: killedAfter(objects, changes), state, now });
        await killed.catch((error: unknown) => {
          expect(error).toEqual(new Error('killed'));
        });
        expect(documents(await old.read(now))).toEqual(expected);
        expect(await readAfresh(objects, state, now)).toEqual(expected);
        expect(await compactCounts({ objects, state, now })).toMatchObject({ isFinal: end });
        expect(counted()).toEqual(
          end
            ? ['00', '01', '02'].map((step) => `rollouts/churn/0001/counts/${step}.json`)
            : [
                '00/2026-11-29T12',
                '00/2026-11-29T13',
                '01/2026-11-29T13',
                '01/2026-11-29T14',
                '01/2026-11-29T15',
                '02/2026-11-29T15',
                '02/2026-11-29T16',
              ].map((hour) => `rollouts/churn/0001/counts/${hour}.json`),
        );
        expect(documents(await old.read(now))).toEqual(expected);
        expect(await readAfresh(objects, state, now)).toEqual(expected);
      }
    },
  );

  it('between any two calls of a reader changes nothing that it finds', async () => {
    for (const end of [false, true]) {
      let isReached = true;
      for (let at = 1; isReached; at += 1) {
        const given = { hours: 2, writers: 2, everyMinutes: 30, end };
        const { objects, state, expected } = await countedRollout(at, given);
        const now = START + 9 * HOUR_MS;
        let calls = 0;
        isReached = false;
        const between = async (): Promise<void> => {
          calls += 1;
          if (calls !== at) return;
          isReached = true;
          await compactCounts({ objects, state, now });
        };
        const reading: RolloutObjects = {
          create: (key, body) => objects.create(key, body),
          read: async (key) => {
            await between();
            return objects.read(key);
          },
          list: async (folder) => {
            await between();
            return objects.list(folder);
          },
        };
        expect(await readAfresh(reading, state, now)).toEqual(expected);
      }
    }
  });

  it('is read rightly by a process that knows a part, by several reads at once, and where a sum is damaged', async () => {
    const { objects, state, expected } = await countedRollout(4);
    const now = START + 9 * HOUR_MS;
    const errors: unknown[] = [];
    const reader = new CountsReader(objects, state, (error) => errors.push(error));
    // Its clock is behind, so that it takes no hour for complete; and it can't read some objects.
    const keys = [...objects.bodies.keys()].filter((key) => key.includes('/counts/'));
    const hidden = keys.filter((_, index) => index % 3 === 0);
    const bodies = hidden.map((key) => [key, objects.bodies.get(key) ?? new Uint8Array()] as const);
    for (const key of hidden) objects.bodies.delete(key);
    await reader.read(START);
    for (const [key, body] of bodies) objects.bodies.set(key, body);
    const raw = new Map(objects.bodies);
    await compactCounts({ objects, state, now });
    const results = await Promise.all([1, 2, 3].map(() => reader.read(now)));
    for (const counts of results) expect(documents(counts)).toEqual(expected);
    const fresh = new CountsReader(objects, state, (error) => errors.push(error));
    for (const counts of await Promise.all([1, 2].map(() => fresh.read(now)))) {
      expect(documents(counts)).toEqual(expected);
    }
    expect(errors).toEqual([]);
    const [sum = ''] = [...objects.bodies.keys()].filter((key) => key.endsWith('T13.json'));
    for (const [key, body] of raw) objects.bodies.set(key, body);
    objects.bodies.set(sum, new TextEncoder().encode('{'));
    const damaged = new CountsReader(objects, state, (error) => errors.push(error));
    for (let i = 0; i < 2; i += 1) expect(documents(await damaged.read(now))).toEqual(expected);
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining(sum) as string }),
    ]);
  });

  it('of several processes at the same time changes no sum, also for readers in between', async () => {
    for (const end of [false, true]) {
      for (let seed = 0; seed < 15; seed += 1) {
        const { objects, state, expected } = await countedRollout(seed, { end });
        const now = START + 9 * HOUR_MS;
        const running = { is: true };
        const compacting = Promise.all(
          [1, 2, 3].map(() => compactCounts({ objects, state, now })),
        ).finally(() => {
          running.is = false;
        });
        while (running.is) expect(await readAfresh(objects, state, now)).toEqual(expected);
        await compacting;
        expect(await readAfresh(objects, state, now)).toEqual(expected);
      }
    }
  });

  it('leaves hours that may still grow, those with a damaged object, and everything in a dry run', async () => {
    const { objects, state, counted } = await countedRollout(1);
    const now = START + 4 * HOUR_MS - 1;
    const before = counted();
    const dry = await compactCounts({ objects, state, now, dryRun: true });
    expect(counted()).toEqual(before);
    const found = await compactCounts({ objects, state, now });
    expect(found).toEqual(dry);
    expect(found).toEqual({ created: 1, removed: 18, isFinal: false });
    const [damaged = ''] = counted().filter((key) => key.includes('T13/'));
    objects.bodies.set(damaged, new TextEncoder().encode('{'));
    const after = counted();
    await expect(compactCounts({ objects, state, now: now + HOUR_MS })).rejects.toThrow(damaged);
    expect(counted()).toEqual(after);
  });

  it('a report of a rollout that has ended is the same afterwards', async () => {
    const { objects, state, endedAt } = await countedRollout(2, { end: true });
    const verdict = async () => {
      const reader = new CountsReader(objects, state, () => undefined);
      return judgeState(state, await reader.read(endedAt + 10 * HOUR_MS), endedAt);
    };
    const before = await verdict();
    expect(before.requests.baseline).toBeGreaterThan(0);
    await compactCounts({ objects, state, now: endedAt + 3 * HOUR_MS - 1 });
    expect(objects.bodies.has('rollouts/churn/0001/counts/00.json')).toBe(false);
    await compactCounts({ objects, state, now: endedAt + 3 * HOUR_MS + 1 });
    expect(objects.bodies.has('rollouts/churn/0001/counts/00.json')).toBe(true);
    expect(await verdict()).toEqual(before);
  });

  it('keeps a long rollout in three processes at few objects and calls', async ({ annotate }) => {
    // A week, 168 hours, gives the figures of the README.
    const hours = 48;
    const given = { hours, everyMinutes: 0.5 };
    const { objects, state, expected, counted } = await countedRollout(3, given);
    const calls = { list: 0, read: 0 };
    const measured: RolloutObjects = {
      create: (key, body) =>
        Promise.resolve(!objects.bodies.has(key) && objects.bodies.set(key, body).size > 0),
      read: (key) => {
        calls.read += 1;
        return Promise.resolve(objects.bodies.get(key));
      },
      list: (folder) => {
        calls.list += 1;
        const names = new Map<string, 'object' | 'folder'>();
        for (const key of objects.bodies.keys()) {
          if (!key.startsWith(`${folder}/`)) continue;
          const [name = '', ...rest] = key.slice(folder.length + 1).split('/');
          names.set(name, rest.length === 0 ? 'object' : 'folder');
        }
        return Promise.resolve([...names].map(([name, kind]) => ({ name, kind })));
      },
      remove: (key) => {
        objects.bodies.delete(key);
        return Promise.resolve();
      },
    };
    const now = START + hours * HOUR_MS;
    const measure = async () => {
      Object.assign(calls, { list: 0, read: 0 });
      expect(await readAfresh(measured, state, now)).toEqual(expected);
      return `${counted().length} objects, ${calls.list} lists and ${calls.read} reads of a process that starts`;
    };
    const before = await measure();
    await compactCounts({ objects: measured, state, now });
    await annotate(`before: ${before}; after: ${await measure()}`);
    expect(counted().length).toBeLessThan(2000);
    expect(calls.list + calls.read).toBeLessThan(2000);
  });
});

describe('RolloutRunner', () => {
  it('sums up the counts of its rollouts, and reports once that it may not remove them', async () => {
    const fleet = new SimulatedFleet(50);
    await fleet.start();
    await fleet.run(30, { requests: 60 });
    const [first, second] = fleet.runners;
    const state = await fleet.log().change({
      ...{ type: 'ended', result: 'aborted', actor: 'ada', reason: 'enough' },
    });
    const read = async () => readAfresh(fleet.objects, state, fleet.now);
    const before = await read();
    await fleet.log().start(state.plan, { actor: 'ada', reason: 'again' });
    await fleet.poll();
    fleet.now += 3 * HOUR_MS + 1;
    const remove = fleet.objects.remove.bind(fleet.objects);
    const denied = new Error('denied');
    fleet.objects.remove = () => Promise.reject(denied);
    await first?.compact();
    await first?.compact();
    expect(fleet.errors).toEqual([denied]);
    const counted = () =>
      [...fleet.objects.bodies.keys()].filter((key) => key.includes('/counts/'));
    expect(counted()).toContain('rollouts/churn/0001/counts/00.json');
    expect(counted().length).toBeGreaterThan(50);
    expect(await read()).toEqual(before);
    fleet.objects.remove = remove;
    await second?.compact();
    expect(counted()).toEqual(['rollouts/churn/0001/counts/00.json']);
    expect(await read()).toEqual(before);
  });
});

import {
  compactCounts,
  CountsReader,
  readPlan,
  RolloutLog,
  StepCounts,
  type RolloutState,
} from '@fairlead/rollout';
import { memoryObjects } from '@fairlead/test-support/memory-objects';
import { Random } from '@fairlead/test-support/random';
import { describe, expect, it } from 'vitest';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-11-29T12:00:00Z');
const FOLDER = 'rollouts/churn/0001/counts';

/** A rollout whose processes store counts one by one, with the sum of all. */
async function openRollout(seed: number) {
  const random = new Random(seed);
  const objects = memoryObjects();
  const log = new RolloutLog({ objects, model: 'churn', now: () => START });
  const audit = { actor: 'ada', reason: 'retrained' };
  const state = await log.start(readPlan({ baseline: '3', candidate: '4' }), audit);
  const expected = new StepCounts({ rollout: 'churn-1', step: 0 });
  let stored = 0;
  return {
    ...{ random, objects, state, log, audit },
    store: (at: number): void => {
      const counts = new StepCounts({ rollout: 'churn-1', step: 0 });
      const user = Math.floor(random.uniform() * 400);
      counts.add({
        variant: user < 200 ? 'candidate' : 'baseline',
        key: `user-${user}`,
        events: [],
      });
      expected.merge(counts);
      const time = new Date(at).toISOString();
      const name = `${time.slice(14, 16)}${time.slice(17, 19)}-host-${(stored += 1)}`;
      const key = `${FOLDER}/00/${time.slice(0, 13)}/${name}.json`;
      objects.bodies.set(key, new TextEncoder().encode(JSON.stringify(counts.toDocument())));
    },
    open: () => {
      const reader = new CountsReader(objects, state, (error) => {
        throw error;
      });
      return async (now: number) => requestsOf(await reader.read(now));
    },
    expected: () => requestsOf([expected]),
    counted: () => [...objects.bodies.keys()].filter((key) => key.includes('/counts/')).sort(),
  };
}

/** Requests and users of each variant. */
function requestsOf(steps: readonly StepCounts[]) {
  return steps.map(({ variants }) =>
    ['candidate', 'baseline'].map((name) => {
      const variant = variants.get(name);
      return [variant?.requests ?? 0, variant?.keys.size ?? 0];
    }),
  );
}

const ended = (state: RolloutState, at: number): RolloutState => ({
  ...{ ...state, status: 'ended', result: 'aborted' },
  entries: [...state.entries, { type: 'ended', at, result: 'aborted', actor: 'ada', reason: '' }],
});

describe('compactCounts of a process whose clock is ahead', () => {
  it('loses nothing and counts nothing twice, for every reader and at every moment', async () => {
    for (let seed = 0; seed < 12; seed += 1) {
      const { random, objects, state, store, open, expected, counted } = await openRollout(seed);
      // One began at the begin of the rollout, and the clock of one is ahead too.
      const [old, ahead] = [open(), open()];
      let now = START;
      for (let minute = 0; minute < 360; minute += 4) {
        now = START + minute * 60_000;
        // Others were cut off from the store, or have wrong clocks themselves.
        const late = random.uniform() < 0.2 ? random.uniform() * 1.5 * HOUR_MS : 0;
        store(now - late);
        if (random.uniform() < 0.2) {
          await compactCounts({ objects, state, now: now + 9 * HOUR_MS * random.uniform() });
        }
        if (random.uniform() < 0.3) expect(await old(now)).toEqual(expected());
        if (random.uniform() < 0.3) expect(await ahead(now + 5 * HOUR_MS)).toEqual(expected());
        if (random.uniform() < 0.1) expect(await open()(now)).toEqual(expected());
      }
      expect(await open()(now)).toEqual(expected());
      // The rollout has ended, and some counts come after it was summed up.
      const after = ended(state, now);
      for (let i = 0; i < 4; i += 1) {
        await compactCounts({ objects, state: after, now: now + 4 * HOUR_MS });
        expect(await open()(now)).toEqual(expected());
        expect(await old(now)).toEqual(expected());
        store(now - i * HOUR_MS);
        expect(await open()(now)).toEqual(expected());
        expect(await old(now)).toEqual(expected());
      }
      expect(counted().length).toBe(1 + 4);
    }
  });

  it('sums up what came later once there is enough of it', async () => {
    const { objects, state, store, open, expected, counted } = await openRollout(1);
    const compact = () => compactCounts({ objects, state, now: START + 4 * HOUR_MS });
    for (let i = 0; i < 3; i += 1) store(START);
    expect(await compact()).toEqual({ created: 1, removed: 3, isFinal: false });
    for (let i = 0; i < 15; i += 1) store(START);
    expect(await compact()).toEqual({ created: 0, removed: 0, isFinal: false });
    store(START);
    expect(await compact()).toEqual({ created: 1, removed: 16, isFinal: false });
    const sums = ['2026-11-29T12-2.json', '2026-11-29T12.json'].map(
      (name) => `${FOLDER}/00/${name}`,
    );
    expect(counted()).toEqual(sums);
    expect(await open()(START)).toEqual(expected());
  });

  it('an object that is created again after it was removed counts once', async () => {
    const { objects, state, store, open, expected, counted } = await openRollout(2);
    for (let i = 0; i < 20; i += 1) store(START);
    const created = new Map(objects.bodies);
    for (const of of [state, ended(state, START)]) {
      await compactCounts({ objects, state: of, now: START + 9 * HOUR_MS });
      expect(counted()).toHaveLength(1);
      // The response to the process that has created it was lost.
      for (const [key, body] of created) objects.bodies.set(key, body);
      expect(counted()).toHaveLength(21);
      expect(await open()(START)).toEqual(expected());
      await compactCounts({ objects, state: of, now: START + 9 * HOUR_MS });
      expect(counted()).toHaveLength(1);
      expect(await open()(START)).toEqual(expected());
    }
  });

  it.each([
    ['an hour', '00/2026-11-29T12.json'],
    ['a step', '00.json'],
  ])('a sum of %s of an earlier version replaces all objects', async (_, name) => {
    const { objects, state, store, open, expected, counted } = await openRollout(3);
    store(START);
    const [key = ''] = counted();
    objects.bodies.set(`${FOLDER}/${name}`, objects.bodies.get(key) ?? new Uint8Array());
    expect(await open()(START)).toEqual(expected());
    const of = name === '00.json' ? ended(state, START) : state;
    await compactCounts({ objects, state: of, now: START + 9 * HOUR_MS });
    expect(counted()).toEqual([`${FOLDER}/${name}`]);
    expect(await open()(START)).toEqual(expected());
  });

  it('names of a sum that are none make it a damaged one', async () => {
    const { objects, state, store, open, counted } = await openRollout(4);
    store(START);
    await compactCounts({ objects, state, now: START + 9 * HOUR_MS });
    const [key = ''] = counted();
    const sum = JSON.parse(new TextDecoder().decode(objects.bodies.get(key))) as object;
    for (const replaces of [
      null,
      7,
      {},
      { sums: 'a', objects: {} },
      { sums: [], objects: { a: [7] } },
    ]) {
      objects.bodies.set(key, new TextEncoder().encode(JSON.stringify({ ...sum, replaces })));
      await expect(open()(START)).rejects.toThrow(`${key} can't be read`);
    }
  });
});

import {
  compactCounts,
  CountsReader,
  readPlan,
  RolloutLog,
  StepCounts,
  type RolloutObjects,
} from '@fairlead/rollout';
import { memoryObjects } from '@fairlead/test-support/memory-objects';
import { expect, test } from 'vitest';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-11-29T12:00:00Z');
const OBJECTS = 6;

test('the sum of a step has all counts, although another process that sums up an hour at the same time is killed while it removes its objects', async () => {
  const objects = memoryObjects();
  const log = new RolloutLog({ objects, model: 'churn', now: () => START });
  const by = { actor: 'ada', reason: 'a test' };
  const running = await log.start(readPlan({ baseline: '3', candidate: '4' }), by);
  for (let index = 0; index < OBJECTS; index += 1) {
    const counts = new StepCounts({ rollout: 'churn-1', step: 0 });
    counts.add({ variant: 'baseline', key: `user-${index}`, events: [] });
    const key = `rollouts/churn/0001/counts/00/2026-11-29T12/${index}-host-1.json`;
    objects.bodies.set(key, new TextEncoder().encode(JSON.stringify(counts.toDocument())));
  }
  const state = await log.change({ type: 'ended', result: 'aborted', ...by });
  const now = START + 4 * HOUR_MS;
  let removals = 0;
  // It had read the state before the end.
  const other = (): Promise<unknown> =>
    compactCounts({
      ...{ state: running, now },
      objects: {
        ...calls(objects),
        remove: (key) => {
          removals += 1;
          if (removals > 2) return Promise.reject(new Error('killed'));
          return Promise.resolve(objects.remove(key));
        },
      },
    }).catch(() => undefined);
  let hasRun = false;
  const between: RolloutObjects = {
    ...calls(objects),
    list: async (folder) => {
      if (folder.endsWith('T12') && !hasRun) {
        hasRun = true;
        await other();
      }
      return objects.list(folder);
    },
  };
  await compactCounts({ objects: between, state, now });
  expect(removals).toBeGreaterThan(2);
  const [counts] = await new CountsReader(objects, state, () => undefined).read(now);
  expect(counts?.variants.get('baseline')?.requests).toBe(OBJECTS);
});

function calls(objects: ReturnType<typeof memoryObjects>): RolloutObjects {
  return {
    create: (key, body) => objects.create(key, body),
    read: (key) => objects.read(key),
    list: (folder) => objects.list(folder),
    remove: async (key) => objects.remove(key),
  };
}

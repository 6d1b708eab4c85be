import { ModelRegistry, RegistryError } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { expect, test } from 'vitest';
import { digits, rejection, temporaryRegistry } from '../support/sample-registry.ts';

const HOUR = Date.UTC(2026, 10, 28, 16);
const began = {
  actor: 'drift watch',
  change: 'began',
  verdict: 'drift/digits/1/hour/2026-11-28/16.json',
  columns: [
    { name: 'age', role: 'feature', explanation: 'Mean from 40 to 48.' },
    { name: 'score', role: 'output' },
  ],
  from: HOUR,
  to: HOUR + 3_600_000,
} as const;

async function withVersion() {
  const opened = temporaryRegistry();
  await opened.registry.push(digits('weights'));
  return { ...opened, version: opened.registry.model('digits').version(1) };
}

test('a drift that begins and ends is part of the history, and the state has what drifts now', async () => {
  const { registry, version } = await withVersion();
  const { at } = await version.recordDrift(began);
  const model = registry.model('digits');
  expect((await model.state()).versions.get(1)?.drift).toEqual([
    { name: 'age', role: 'feature', explanation: 'Mean from 40 to 48.', at },
    { name: 'score', role: 'output', at },
  ]);
  await version.recordDrift({
    ...began,
    change: 'ended',
    verdict: 'drift/digits/1/hour/2026-11-28/20.json',
    columns: [{ name: 'age', role: 'feature' }],
  });
  const timeline = await model.timeline();
  expect(timeline.map(({ what, actor }) => `${actor}: ${what}`).slice(1)).toEqual([
    'drift watch: drift of version 1 began: age, score',
    'drift watch: drift of version 1 ended: age',
  ]);
  expect((await model.state()).versions.get(1)?.drift.map(({ name }) => name)).toEqual(['score']);
});

test('of 50 concurrent writers of a change of one verdict one records it, beside other events', async () => {
  const { store, version } = await withVersion();
  const writers = Array.from({ length: 50 }, () => new ModelRegistry({ store }));
  const events = await Promise.all(
    writers.map(async (registry, index) => {
      const each = registry.model('digits').version(1);
      if (index % 10 === 0) await each.note(`note ${index}`, { actor: 'bob' });
      return each.recordDrift({ ...began, actor: `host ${index}` });
    }),
  );
  expect(new Set(events.map(({ seal }) => seal)).size).toBe(1);
  const all = await new ModelRegistry({ store }).model('digits').events();
  expect(all.filter(({ type }) => type === 'drift-began')).toHaveLength(1);
  expect(all).toHaveLength(6);
  expect(await verifyRegistry(store)).toMatchObject({ ok: true });
  // The same verdict may end a drift of other features.
  await version.recordDrift({ ...began, change: 'ended' });
  await version.recordDrift({ ...began, change: 'ended' });
  expect(await new ModelRegistry({ store }).model('digits').events()).toHaveLength(7);
});

test('an event holds 200 of many features, and no control character', async () => {
  const { registry, version } = await withVersion();
  const columns = Array.from({ length: 3_000 }, (_, index) => ({
    name: `feature ${index}\u001b[2J ${'ж'.repeat(500)}`,
    role: 'feature' as const,
    explanation: '\u0000'.repeat(5_000),
  }));
  const { data } = await version.recordDrift({ ...began, columns });
  expect(data.count).toBe(3_000);
  expect(data.columns).toHaveLength(200);
  expect(JSON.stringify(data)).not.toContain('\\u00');
  const timeline = await registry.model('digits').timeline();
  expect(timeline[1]?.what).toMatch(/ and 2995 more$/u);
});

test.each([
  [{ change: 'over' }, '"began" or "ended"'],
  [{ verdict: '../x' }, 'cannot name a verdict'],
  [{ to: Number.NaN }, 'to is NaN'],
  [{ actor: '' }, 'actor'],
])('a change with %j is rejected', async (wrong, message) => {
  const { version } = await withVersion();
  const error = await rejection(version.recordDrift({ ...began, ...wrong } as typeof began));
  expect(error).toBeInstanceOf(RegistryError);
  expect(error).toMatchObject({ code: 'ERR_REGISTRY_INVALID_OPTION' });
  expect(String(error)).toContain(message);
});

test('a change of a version that does not exist is rejected', async () => {
  const { registry } = await withVersion();
  expect(await rejection(registry.model('digits').version(7).recordDrift(began))).toMatchObject({
    code: 'ERR_REGISTRY_VERSION_NOT_FOUND',
  });
});

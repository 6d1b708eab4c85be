import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { expect, test } from 'vitest';
import { digits, rejection, temporaryRegistry } from '../support/sample-registry.ts';

const by = { actor: 'bob' };

async function withVersions(count = 2) {
  const opened = temporaryRegistry();
  for (let version = 1; version <= count; version += 1) {
    await opened.registry.push(digits(`weights ${version}`));
  }
  return { ...opened, model: opened.registry.model('digits') };
}

test('tags of a model and of its versions are set, replaced and deleted', async () => {
  const { model } = await withVersions();
  await model.setTag('team', 'vision', by);
  await model.version(2).setTag('stage', 'trial', by);
  await model.version(2).setTag('stage', 'final', by);
  await model
    .version(2)
    .setTag('__proto__', 'odd', by)
    .catch(() => undefined);
  await model.version(2).setTag('gone', 'x', by);
  await model.version(2).deleteTag('gone', by);
  const state = await model.state();
  expect(state.tags).toEqual({ team: 'vision' });
  expect(Object.entries(state.versions.get(2)?.tags ?? {})).toEqual([
    ['stage', 'final'],
    ['__proto__', 'odd'],
  ]);
  expect(state.versions.get(1)).toBeUndefined();
});

test('no alias can be set to an archived version until it is unarchived, and a version in use cannot be archived', async () => {
  const { registry } = await withVersions();
  await registry.setAlias('digits', 'champion', 1, by);
  expect(await rejection(registry.model('digits').version(1).archive(by))).toMatchObject({
    code: 'ERR_REGISTRY_IN_USE',
    message: expect.stringContaining('"champion"') as unknown,
  });
  await registry
    .model('digits')
    .version(2)
    .archive({ ...by, reason: 'too slow' });
  expect((await registry.model('digits').state()).versions.get(2)?.archived).toMatchObject({
    actor: 'bob',
    reason: 'too slow',
  });
  expect(await rejection(registry.setAlias('digits', 'champion', 2, by))).toMatchObject({
    code: 'ERR_REGISTRY_ARCHIVED',
    message: expect.stringContaining('bob archived it') as unknown,
  });
  await registry.model('digits').version(2).unarchive(by);
  expect(await registry.setAlias('digits', 'champion', 2, by)).toMatchObject({ version: 2 });
});

test('documents of a measurement are stored once, read completely, and rejected when damaged', async () => {
  const { folder, registry } = await withVersions();
  const html = Buffer.from('<p>report</p>');
  const measure = () =>
    registry
      .model('digits')
      .version(1)
      .measure({
        ...by,
        name: 'parity',
        value: 1e-6,
        details: { rows: 10 },
        documents: { 'parity.html': html },
      });
  await measure();
  await measure();
  const measured = (await registry.model('digits').state()).versions.get(1)?.measurements.parity;
  expect(measured).toMatchObject({ value: 1e-6, actor: 'bob', details: { rows: 10 } });
  const [document] = measured?.documents ?? [];
  if (document === undefined) throw new Error('expected a document');
  expect(Buffer.from(await registry.model('digits').readDocument(document))).toEqual(html);
  expect(await verifyRegistry(registry.store)).toMatchObject({ ok: true, events: 2, documents: 2 });

  const file = join(folder, 'models/digits/documents', document.sha256);
  chmodSync(file, 0o644);
  writeFileSync(file, '<p>REPORT</p>');
  const corrupt = { code: 'ERR_REGISTRY_CORRUPT' };
  expect(await rejection(registry.model('digits').readDocument(document))).toMatchObject(corrupt);
  expect(await rejection(measure())).toMatchObject(corrupt);
  expect(await verifyRegistry(registry.store)).toMatchObject({
    ok: false,
    problems: [corrupt, corrupt],
  });
});

test('a chain with a removed or replaced event is rejected', async () => {
  const { folder, registry, model } = await withVersions();
  for (const value of ['a', 'b', 'c']) await model.setTag('x', value, by);
  const file = (number: number) => join(folder, `models/digits/events/0000000${number}.json`);
  const second = readFileSync(file(2));
  rmSync(file(2));
  const again = new ModelRegistry({ store: folderStore(folder) });
  expect(await rejection(again.model('digits').events())).toMatchObject({
    code: 'ERR_REGISTRY_CORRUPT',
  });
  expect((await verifyRegistry(registry.store)).problems).toMatchObject([
    { key: 'models/digits/events/00000003.json', code: 'ERR_REGISTRY_CORRUPT' },
  ]);
  // Another process records another second event: the third doesn't continue it.
  writeFileSync(file(2), second.subarray(0, -1));
  expect((await verifyRegistry(registry.store)).ok).toBe(false);
  rmSync(file(2));
  writeFileSync(file(2), second);
  expect((await verifyRegistry(registry.store)).ok).toBe(true);
});

test('many concurrent writers lose no event', async () => {
  const { store, registry } = await withVersions(1);
  const registries = [registry, new ModelRegistry({ store }), new ModelRegistry({ store })];
  await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      (registries[index % 3] ?? registry).model('digits').setTag(`t${index}`, 'x', by),
    ),
  );
  const { tags } = await registry.model('digits').state();
  expect(Object.keys(tags)).toHaveLength(30);
  expect(await verifyRegistry(registry.store)).toMatchObject({ ok: true, events: 30 });
});

test.each<[string, (registry: ModelRegistry) => Promise<unknown>, string]>([
  [
    'a model that is not there',
    (j) => j.model('iris').setTag('a', 'b', by),
    'ERR_REGISTRY_MODEL_NOT_FOUND',
  ],
  [
    'a version that is not there',
    (j) => j.model('digits').version(9).approve(by),
    'ERR_REGISTRY_VERSION_NOT_FOUND',
  ],
  [
    'a tag with a line break',
    (j) => j.model('digits').setTag('a\nb', 'c', by),
    'ERR_REGISTRY_INVALID_OPTION',
  ],
  [
    'an empty actor',
    (j) => j.model('digits').setTag('a', 'b', { actor: '' }),
    'ERR_REGISTRY_INVALID_OPTION',
  ],
  [
    'a measurement of NaN',
    (j) =>
      j
        .model('digits')
        .version(1)
        .measure({ ...by, name: 'p99Ms', value: NaN }),
    'ERR_REGISTRY_INVALID_OPTION',
  ],
  [
    'an approval by who pushed',
    (j) => j.model('digits').version(1).approve({ actor: 'ada' }),
    'ERR_REGISTRY_INVALID_OPTION',
  ],
  ['a model name that climbs', (j) => j.model('../x').events(), 'ERR_REGISTRY_INVALID_NAME'],
  [
    'a huge event',
    (j) =>
      j
        .model('digits')
        .version(1)
        .measure({ ...by, name: 'x', value: 1, details: 'x'.repeat(300_000) }),
    'ERR_REGISTRY_TOO_LARGE',
  ],
])('rejects %s', async (_what, work, code) => {
  const { registry } = await withVersions();
  expect(await rejection(work(registry).then())).toMatchObject({ code });
  expect(await registry.model('digits').events()).toEqual([]);
});

test('the timeline has actor, change, time and reason in order, with gate results', async () => {
  let now = Date.parse('2026-03-01T12:00:00Z');
  const { store } = temporaryRegistry();
  const registry = new ModelRegistry({ store, now: () => new Date((now += 60_000)) });
  await registry.push(digits('one', { metrics: { accuracy: 0.9 } }));
  await registry.model('digits').setGates('champion', ['accuracy >= 0.8'], by);
  await registry.setAlias('digits', 'champion', 1, { ...by, reason: 'the first' });
  await registry.push(digits('two', { metrics: { accuracy: 0.5 } }));
  await registry.model('digits').version(2).approve({ actor: 'eve', reason: 'looks fine' });
  await registry.setAlias('digits', 'champion', 2, {
    ...by,
    dangerouslySkipGates: 'the old one crashes',
  });
  await registry.rollback('digits', 'champion', { actor: 'on call', reason: 'errors' });
  const story = await registry.model('digits').timeline();
  expect(story.map(({ actor, what, reason }) => [actor, what, reason])).toEqual([
    ['ada', 'pushed version 1 (onnx, 1 file, 3 bytes)', undefined],
    ['bob', 'guarded "champion" by: accuracy >= 0.8', undefined],
    ['bob', 'set "champion" to version 1', 'the first'],
    ['ada', 'pushed version 2 (onnx, 1 file, 3 bytes)', undefined],
    ['eve', 'approved version 2', 'looks fine'],
    ['bob', 'set "champion" to version 2 (was 1), skipping gates: the old one crashes', undefined],
    ['on call', 'rolled back "champion" to version 1 (was 2)', 'errors'],
  ]);
  expect(story[2]?.gates?.results).toEqual([
    { gate: 'accuracy >= 0.8', passed: true, found: '0.9, pushed by ada' },
  ]);
  expect(story[5]?.gates).toMatchObject({
    skipped: 'the old one crashes',
    results: [{ passed: false }],
  });
});

test('contradictory clocks do not change the order of a log in the timeline', async () => {
  const { store } = temporaryRegistry();
  const at = (time: string) => new ModelRegistry({ store, now: () => new Date(time) });
  await at('2026-03-01T12:00:00Z').push(digits('one'));
  await at('2026-03-01T13:00:00Z').model('digits').setTag('a', '1', by);
  await at('2026-03-01T11:00:00Z').model('digits').setTag('b', '2', by);
  const story = await at('2026-03-01T12:00:00Z').model('digits').timeline();
  expect(story.map(({ what }) => what.slice(0, 16))).toEqual([
    'pushed version 1',
    'tagged the model',
    'tagged the model',
  ]);
  expect(story[2]?.what).toContain('"b"');
});

import { type EventSender, fileCursor, forwardPending } from '@fairlead/registry/webhooks';
import {
  checkRestore,
  collectGarbage,
  exportModels,
  importModels,
  pruneVersions,
  verifyRegistry,
} from '@fairlead/registry/maintenance';
import { cpSync, readFileSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  cachedStore,
  eventTypes,
  folderStore,
  ModelRegistry,
  parseTrustedKeys,
} from '@fairlead/registry';
import { expect, test } from 'vitest';
import { rejection, temporaryFolder } from './support/sample-registry.ts';
import { readTree } from '@fairlead/test-support';

const stored = fileURLToPath(new URL('stored/version-0.1/', import.meta.url));
const trustedKeys = parseTrustedKeys(readFileSync(join(stored, 'trusted-keys.pem'), 'utf8'), {
  signers: 2,
});
const by = { actor: 'eve' };
const DAY_MS = 24 * 60 * 60 * 1000;

/** The registry as version 0.1 left it, in a folder that the test may change. */
function storedRegistry() {
  const folder = temporaryFolder();
  cpSync(stored, folder, { recursive: true });
  const store = folderStore(join(folder, 'registry'));
  return { folder, store, registry: new ModelRegistry({ store, trustedKeys }) };
}

test('a registry of version 0.1 verifies and lists its models', async () => {
  const { registry } = storedRegistry();
  expect(await verifyRegistry(registry.store)).toEqual({
    ok: true,
    problems: [],
    manifests: 7,
    aliasEntries: 5,
    events: 28,
    documents: 2,
    signatures: 2,
    blobs: 11,
    blobBytes: 270,
  });
  expect(await registry.listModels()).toEqual([
    { model: 'credit', versions: 6, latestVersion: 6, aliases: { candidate: 6, champion: 3 } },
    { model: 'echo', versions: 1, latestVersion: 1, aliases: {} },
  ]);
});

test('every field of a manifest of version 0.1 is read', async () => {
  const { registry } = storedRegistry();
  const [first, second, third] = await registry.listVersions('credit');
  expect(first).toMatchObject({
    model: 'credit',
    version: 1,
    created: '2026-01-05T09:00:00.000Z',
    actor: 'ada',
    nonce: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    files: [
      { path: 'model.onnx', size: 11 },
      { path: 'notes/read-me.txt', size: 23 },
    ],
    runtime: { name: 'onnx', options: { path: 'model.onnx' } },
    lineage: {
      gitCommit: '1f0c2d3e4b5a69788796a5b4c3d2e1f001234567',
      dataset: {
        name: 'accounts-2025',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      },
      command: 'python train.py --seed 1',
      parameters: { seed: 1, depth: [3, 5], solver: { name: 'lbfgs' } },
      frameworks: { 'scikit-learn': '1.7.2' },
    },
    metrics: { accuracy: 0.93, auc: 0.97 },
    baseline: { amount: { mean: 2.125, quantiles: [1, 2, 3] } },
    batching: 'on',
    modelCard: '# Credit\n\nScores accounts.\n',
  });
  expect(first?.signature.inputs.map(({ name }) => name)).toEqual(['id', 'amount', 'country']);
  expect(first?.goldenExamples).toMatchObject([
    {
      name: 'first row',
      inputs: [
        { name: 'id', datatype: 'INT64', shape: [2], data: [9007199254740993n, 7] },
        { name: 'amount', datatype: 'FP32', shape: [2, 2] },
        { name: 'country', data: ['CH', 'FR'] },
      ],
      outputs: [{ data: [0.25, 0.75] }, { data: [0, 1] }],
      tolerance: 1e-6,
    },
  ]);
  expect(second).toMatchObject({
    runtime: { name: 'upstream', options: { upstream: 'flask', model: 'credit', entry: 'app.py' } },
    lineage: {
      parentVersion: 1,
      changes: ['dropped the ZipMap'],
      requirements: { path: 'requirements.txt', packages: { flask: '3.1.2' } },
      origin: { tool: 'mlflow', toolVersion: '3.4.0', runId: 'r1', modelId: 'm-1' },
    },
  });
  expect(third?.trial).toEqual({
    ran: true,
    batching: { on: true, reason: 'rows are independent' },
  });
});

test('the history of an alias of version 0.1 is read, with its gate results', async () => {
  const { registry } = storedRegistry();
  const entries = await registry.history('credit', 'champion');
  expect(entries).toMatchObject([
    { number: 1, version: 1, previous: null, action: 'set', actor: 'ada', reason: 'first release' },
    { number: 2, version: 3, previous: 1, action: 'set', gates: { event: 16 } },
    { number: 3, version: 2, previous: 3, gates: { skipped: 'version 3 is down' } },
    { number: 4, version: 3, previous: 2, action: 'rollback', restores: 2, actor: 'bob' },
  ]);
  expect(entries[1]?.gates?.results).toEqual([
    { gate: 'accuracy >= 0.95', passed: true, found: '0.95, as ci pushed it' },
    {
      gate: 'accuracy >= champion - 0.01',
      passed: true,
      found: '0.95, as ci pushed it; version 1 has 0.93',
    },
    { gate: 'p99Ms <= 20', passed: true, found: '3, measured by ci at 2026-01-05T09:06:00.000Z' },
    {
      gate: 'goldenExamples 1',
      passed: true,
      found: '1 of 1 came out right, tried by ci at 2026-01-05T09:05:00.000Z',
    },
    { gate: 'signatureCompatible', passed: true, found: 'fits callers of version 1' },
    { gate: 'approvedBy 1', passed: true, found: 'approved by bob' },
    {
      gate: 'parity <= 1e-4',
      passed: true,
      found: '0.00000999999999995449, measured by ci at 2026-01-05T09:27:00.000Z',
    },
  ]);
  expect(entries[2]?.gates?.results.filter(({ passed }) => !passed)).toHaveLength(6);
});

test('events of version 0.1 of every type are read, with their documents', async () => {
  const { registry } = storedRegistry();
  const events = await registry.model('credit').events();
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(eventTypes.filter((type) => !type.startsWith('drift-'))),
  );
  const state = await registry.model('credit').state();
  expect(state.tags).toEqual({ team: 'risk' });
  expect(state.versions.get(3)).toMatchObject({
    tags: { stage: 'final' },
    approvals: [{ actor: 'bob', reason: 'looks right' }],
    measurements: {
      goldenExamples: { value: 1 },
      p99Ms: { value: 3 },
      throughput: { value: 1234.5, details: { machine: 'm7i.large', rows: [1, 8] } },
    },
  });
  expect(state.versions.get(4)?.archived).toBeUndefined();
  expect(state.versions.get(5)?.archived).toMatchObject({ actor: 'bob', reason: 'superseded' });
  expect(state.versions.get(6)?.approvals).toEqual([]);
  expect(state.gates.get('champion')?.gates).toHaveLength(7);
  const { throughput, parity } = state.versions.get(3)?.measurements ?? {};
  for (const [measurement, content] of [
    [throughput, '1234.5 requests a second'],
    [parity, '<h1>Parity of credit version 3</h1>'],
  ] as const) {
    const [document] = measurement?.documents ?? [];
    if (document === undefined) throw new Error('expected a document');
    const bytes = await registry.model('credit').readDocument(document);
    expect(Buffer.from(bytes).toString()).toContain(content);
  }
});

test('the history of a model of version 0.1 lists its events in order', async () => {
  const { registry } = storedRegistry();
  const story = await registry.model('credit').timeline();
  // 6 pushes, 5 changes of aliases, 28 events.
  expect(story).toHaveLength(39);
  expect(story.map(({ at }) => at)).toEqual(story.map(({ at }) => at).sort());
  expect(story.map(({ what }) => what)).toContain(
    'set "champion" to version 2 (was 3), skipping gates: version 3 is down',
  );
});

test('files of a version of 0.1 are read when two trusted keys signed it', async () => {
  const { registry, store } = storedRegistry();
  const opened = await registry.openVersion('credit', 3);
  expect(Buffer.from(await opened.read('model.onnx')).toString()).toBe('weights three');
  expect(await registry.model('credit').version(3).signatures()).toMatchObject([
    { version: 3 },
    { version: 3 },
  ]);
  expect(await rejection(registry.openVersion('credit', 1))).toMatchObject({
    code: 'ERR_REGISTRY_UNTRUSTED',
  });
  const pruned = await new ModelRegistry({ store }).openVersion('credit', 4);
  // Its blob is there until garbage is collected.
  expect(Buffer.from(await pruned.read('model.onnx')).toString()).toBe('weights four');
});

test('garbage of version 0.1 is collected, and prunings, leases and references are respected', async () => {
  const { folder, store, registry } = storedRegistry();
  const options = { graceMs: 0, dryRun: true };
  // The lease of an interrupted push protects its blob for a day.
  expect(await collectGarbage(store, options)).toMatchObject({ removedBytes: 30, kept: 8 });
  for (const path of readdirSync(join(folder, 'registry'), { recursive: true, encoding: 'utf8' })) {
    const old = new Date(Date.now() - 2 * DAY_MS);
    const file = join(folder, 'registry', path);
    if (statSync(file).isFile()) utimesSync(file, old, old);
  }
  expect(await collectGarbage(store, options)).toMatchObject({ removedBytes: 37, kept: 7 });
  expect(await collectGarbage(store, { graceMs: 0 })).toMatchObject({
    removedBytes: 37,
    leftovers: 1,
  });
  expect(await verifyRegistry(registry.store)).toMatchObject({ ok: true, blobs: 7 });
  const pruned = await new ModelRegistry({ store }).openVersion('credit', 4);
  expect(await rejection(pruned.read('model.onnx'))).toMatchObject({
    code: 'ERR_REGISTRY_VERSION_PRUNED',
    message: expect.stringContaining('bob pruned it') as unknown,
  });
});

test('an export of version 0.1 is imported, and one of today has the same bytes', async () => {
  const { folder, store, registry } = storedRegistry();
  const target = folderStore(join(folder, 'imported'), { create: true });
  expect(await importModels(target, join(stored, 'models.tar'))).toMatchObject({
    models: ['credit', 'echo'],
    versions: 7,
    unchanged: 0,
  });
  const imported = new ModelRegistry({ store: target });
  expect(await verifyRegistry(imported.store)).toMatchObject({
    ok: true,
    manifests: 7,
    events: 28,
  });
  expect(await imported.history('credit', 'champion')).toEqual(
    await registry.history('credit', 'champion'),
  );
  expect(await checkRestore(join(stored, 'models.tar'), join(folder, 'new'))).toMatchObject({
    versions: 7,
  });
  await exportModels(store, join(folder, 'copy'));
  const records = (tree: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(tree).filter(([key]) => key.startsWith('models/')));
  expect(records(readTree(join(folder, 'copy')))).toEqual(
    records(readTree(join(stored, 'registry'))),
  );
});

test('a webhook continues where version 0.1 stopped', async () => {
  const { folder, store } = storedRegistry();
  const delivered: { readonly id: string; readonly body: string }[] = [];
  const sender: EventSender = {
    deliver: (_url, id, body) => {
      delivered.push({ id, body });
      return Promise.resolve(undefined);
    },
    delayAfter: () => 1,
  };
  const cursor = fileCursor(join(folder, 'webhook-cursor.json'));
  expect(await forwardPending({ store, url: 'http://localhost/hook', cursor, sender })).toBe(true);
  // 15 events and 5 changes of aliases.
  expect(delivered).toHaveLength(20);
  expect(JSON.parse(delivered[0]?.body ?? '')).toMatchObject({
    type: 'version.tag-set',
    data: { model: 'credit', version: 3, number: 14, actor: 'ada' },
  });
  expect(delivered.every(({ id }) => /^evt_[0-9a-f]{64}$/.test(id))).toBe(true);
});

test('a cache in front of a registry of version 0.1 serves it during an outage', async () => {
  const { folder, store } = storedRegistry();
  let away = false;
  const failing: typeof store = {
    ...store,
    read: (...args) => (away ? Promise.reject(new Error('away')) : store.read(...args)),
    stream: (key) => {
      if (away) throw new Error('away');
      return store.stream(key);
    },
  };
  const cached = cachedStore(failing, { folder: join(folder, 'cache') });
  const registry = new ModelRegistry({ store: cached, trustedKeys });
  await (await registry.openVersion('credit', 3)).read('model.onnx');
  away = true;
  const opened = await registry.openVersion('credit', 3);
  expect(Buffer.from(await opened.read('model.onnx')).toString()).toBe('weights three');
});

test('new records continue those that version 0.1 stored', async () => {
  const { store, registry } = storedRegistry();
  const [, , third] = await registry.listVersions('credit');
  if (third === undefined) throw new Error('expected version 3');
  const { signature, goldenExamples } = third;
  const request = {
    model: 'credit',
    actor: 'eve',
    runtime: { name: 'onnx' },
    signature,
    files: { 'model.onnx': Buffer.from('weights seven') },
  } as const;
  // Version 6 is the newest, and has just this content.
  const same = {
    ...request,
    files: { 'model.onnx': Buffer.from('weights six') },
    metrics: { accuracy: 0.97 },
    goldenExamples,
    skipIfUnchanged: true,
  };
  expect(await registry.push(same)).toMatchObject({ created: false, manifest: { version: 6 } });
  expect(await registry.push(request)).toMatchObject({ created: true, manifest: { version: 7 } });
  await registry.setAlias('credit', 'candidate', 7, { ...by, expected: 6 });
  expect(await registry.rollback('credit', 'candidate', by)).toMatchObject({
    number: 3,
    version: 6,
    restores: 1,
  });
  expect(await registry.rollback('credit', 'champion', by)).toMatchObject({ version: 1 });
  expect(await rejection(registry.setAlias('credit', 'champion', 7, by))).toMatchObject({
    code: 'ERR_REGISTRY_GATES_FAILED',
  });
  expect(await rejection(registry.setAlias('credit', 'champion', 5, by))).toMatchObject({
    code: 'ERR_REGISTRY_ARCHIVED',
  });
  await registry.model('credit').version(5).unarchive(by);
  await pruneVersions(store, 'credit', { ...by, keepLast: 1 });
  expect(await verifyRegistry(registry.store)).toMatchObject({
    ok: true,
    manifests: 8,
    aliasEntries: 8,
    events: 29,
  });
});

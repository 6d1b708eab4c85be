import { captureFolder, type Label, LabelStore } from '@fairlead/capture';
import { readTree, temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';

const DAY_MS = 86_400_000;

function setUp() {
  const root = temporaryFolder({ inMemory: true });
  const objects = captureFolder(root);
  const clock = { now: Date.UTC(2026, 10, 28, 12) };
  const open = () => new LabelStore({ objects, batchMs: 5, now: () => clock.now });
  return { root, objects, clock, store: open(), open };
}

test('the label that was observed last counts, then the one that was received last, over all processes', async () => {
  const { clock, store, open } = setUp();
  const other = open();
  await store.add('churn', [
    { requestId: 'a', row: 0, label: 'late', observedAt: 20 },
    { requestId: 'a', row: 1, label: 0.5, observedAt: 5 },
    { requestId: 'b', label: true, observedAt: 5 },
  ]);
  clock.now += 1;
  await other.add('churn', [
    { requestId: 'a', label: 'early', observedAt: 10 },
    { requestId: 'b', label: false, observedAt: 5 },
  ]);
  await other.add('credit', [{ requestId: 'a', label: 7 }]);
  const { labels, duplicates, invalid } = await store.read('churn');
  expect(labels.map(({ request_id, row, label }) => [request_id, row, label])).toEqual([
    ['a', 0, 'late'],
    ['a', 1, 0.5],
    ['b', 0, false],
  ]);
  expect([duplicates, invalid]).toEqual([2, 0]);
  expect((await store.read('credit')).labels).toEqual([
    {
      ...{ request_id: 'a', row: 0, default_row: true, label: 7 },
      ...{ observed_at: clock.now, received_at: clock.now },
    },
  ]);
  expect((await store.read('none')).labels).toEqual([]);
});

test('labels that are added at once become one object', async () => {
  const { root, store } = setUp();
  const ids = Array.from({ length: 50 }, (_, index) => `r${index}`);
  await Promise.all(ids.map((requestId) => store.add('churn', [{ requestId, label: 1 }])));
  const [[key, content] = ['', '']] = Object.entries(readTree(root));
  expect(Object.keys(readTree(root))).toHaveLength(1);
  expect(key).toMatch(/^labels\/model=churn\/date=2026-11-28\/[0-9a-z]{9}-[0-9a-f]{12}\.jsonl$/);
  expect(content.split('\n')).toHaveLength(51);
});

test('a batch that the store rejects rejects each of its calls, and later labels are stored', async () => {
  const { objects } = setUp();
  let away = true;
  const store = new LabelStore({
    batchMs: 1,
    objects: {
      ...objects,
      create: (key, body) =>
        away ? Promise.reject(new Error('the store is away')) : objects.create(key, body),
    },
  });
  const add = (requestId: string) => store.add('churn', [{ requestId, label: 1 }]);
  const results = await Promise.allSettled([add('a'), add('b')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  away = false;
  await add('c');
  expect((await store.read('churn')).labels).toHaveLength(1);
});

test.each<readonly [Partial<Record<keyof Label, unknown>>, string]>([
  [{ requestId: '' }, 'labels[1].requestId: expected a text of up to 1024 characters, found ""'],
  [{ row: -1 }, 'labels[1].row: expected a whole number from 0'],
  [{ row: 0.5 }, 'found 0.5'],
  [{ label: NaN }, 'labels[1].label: expected a number, true or false, or a text'],
  [{ label: null }, 'found null'],
  [{ label: 'x'.repeat(1025) }, 'labels[1].label'],
  [{ requestId: 'a\ud800' }, 'labels[1].requestId: expected a text'],
  [{ label: '\udfffb' }, 'labels[1].label: expected a number, true or false, or a text'],
  [{ observedAt: 1.5 }, 'labels[1].observedAt: expected a time in whole milliseconds'],
  [{ observedAt: 8.64e15 }, 'labels[1].observedAt: expected a time of at most a day from now'],
  [{ observedAt: -8.65e15 }, 'labels[1].observedAt: expected a time in whole milliseconds'],
])('a label with %o is rejected, and none of its call is stored', async (wrong, message) => {
  const { root, store } = setUp();
  const labels = [
    { requestId: 'a', label: 1 },
    { requestId: 'b', label: 1, ...wrong },
  ] as readonly Label[];
  await expect(store.add('churn', labels)).rejects.toMatchObject({
    code: 'ERR_CAPTURE_LABEL_INVALID',
    message: expect.stringContaining(message) as unknown,
  });
  expect(readTree(root)).toEqual({});
});

test.each([
  [[undefined, undefined], 1, 0],
  [[undefined, 1], 0, 1],
  [[1, undefined], 1, 0],
  [[0, 0, undefined], 2, 0],
])('of labels of one request with the rows %j none is stored', async (rows, wrong, other) => {
  const { root, store } = setUp();
  const labels: Label[] = rows.map((row) => ({ requestId: 'a', label: 1, row }));
  await expect(store.add('churn', [...labels, { requestId: 'b', label: 1 }])).rejects.toMatchObject(
    {
      code: 'ERR_CAPTURE_LABEL_INVALID',
      message: `labels[${wrong}].row: expected the row of the request, from 0, since labels[${other}] is of the same request, found nothing; it is 0 for a request of one row`,
    },
  );
  expect(readTree(root)).toEqual({});
  const known = labels.map((label) => ({ ...label, row: label.row ?? 2 }));
  await store.add('churn', [...known, { requestId: 'b', label: 1 }]);
  expect((await store.read('churn')).labels).toHaveLength(
    new Set(known.map(({ row }) => row)).size + 1,
  );
});

test('labels of a request are deleted without a trace, and old days are removed', async () => {
  const { root, clock, store } = setUp();
  await store.add('churn', [
    { requestId: 'request-Zq81', label: 1 },
    { requestId: 'b', label: 2 },
  ]);
  await store.add('credit', [{ requestId: 'request-Zq81', label: 1 }]);
  expect(await store.delete(['request-Zq81'], 'churn')).toBe(1);
  expect(await store.delete(['request-Zq81'])).toBe(1);
  expect(JSON.stringify(readTree(root))).not.toContain('Zq81');
  clock.now += DAY_MS;
  await store.add('churn', [{ requestId: 'c', label: 3 }]);
  const midnight = Date.UTC(2026, 10, 29);
  expect(await store.prune(midnight - 1)).toBe(0);
  expect(await store.prune(midnight, 'churn')).toBe(1);
  expect((await store.read('churn')).labels.map(({ label }) => label)).toEqual([3]);
});

test('lines that are no labels are counted, and survive a deletion', async () => {
  const { objects, store } = setUp();
  const lines = [
    '{"request_id":"a","row":0,"label":1,"observed_at":1,"received_at":1}',
    'null',
    '{',
  ];
  const body = new TextEncoder().encode(`${lines.join('\n')}\n`);
  await objects.create('labels/model=churn/date=2026-11-28/x.jsonl', body);
  await objects.create('labels/model=churn/date=2026-11-28/readme.txt', body);
  await objects.create('labels/model=churn/notes/x.jsonl', body);
  expect(await store.read('churn')).toMatchObject({ invalid: 2, duplicates: 0 });
  expect(await store.delete(['a'])).toBe(1);
  expect(await store.read('churn')).toEqual({ labels: [], invalid: 2, duplicates: 0 });
});

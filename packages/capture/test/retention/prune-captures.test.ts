import { readdirSync } from 'node:fs';
import { captureFolder, listCaptures, pruneCaptures } from '@fairlead/capture';
import { readTree, temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';

test('hours that ended before a time are removed, with their folders, and nothing else', async () => {
  const root = temporaryFolder({ inMemory: true });
  const objects = captureFolder(root);
  const put = (key: string) => objects.create(key, new Uint8Array(0));
  const churn = 'captures/model=churn/version=3';
  for (const key of [
    `${churn}/date=2026-11-27/hour=23/a.parquet`,
    `${churn}/date=2026-11-28/hour=00/a.parquet`,
    `${churn}/date=2026-11-28/hour=00/b.parquet`,
    `${churn}/date=2026-11-28/hour=01/a.parquet`,
    `${churn}/date=2026-11-27/hour=99/a.parquet`,
    'captures/model=credit/version=1/date=2026-11-27/hour=00/a.parquet',
    'labels/model=churn/date=2026-11-27/a.jsonl',
  ]) {
    await put(key);
  }
  const before = Date.UTC(2026, 10, 28, 1);
  expect(await pruneCaptures({ objects, before: before - 1, model: 'churn' })).toBe(1);
  expect(await pruneCaptures({ objects, before, model: 'churn', version: '3' })).toBe(2);
  expect(await pruneCaptures({ objects, before, model: 'churn', version: '4' })).toBe(0);
  expect(await pruneCaptures({ objects, before })).toBe(1);
  expect(Object.keys(readTree(root))).toEqual([
    `${churn}/date=2026-11-27/hour=99/a.parquet`,
    `${churn}/date=2026-11-28/hour=01/a.parquet`,
    'labels/model=churn/date=2026-11-27/a.jsonl',
  ]);
  expect(readdirSync(`${root}/captures`)).toEqual(['model=churn']);
  await expect(pruneCaptures({ objects, before: NaN })).rejects.toThrow('got NaN');
});

test('files are listed by the hours that overlap a span', async () => {
  const objects = captureFolder(temporaryFolder({ inMemory: true }));
  const folder = 'captures/model=churn/version=3';
  for (const hour of ['27/hour=23', '28/hour=00', '28/hour=01']) {
    await objects.create(`${folder}/date=2026-11-${hour}/a.parquet`, new Uint8Array(0));
  }
  const listed = async (since: number, before: number) => {
    const hours: string[] = [];
    for await (const { hour } of listCaptures(objects, { model: 'churn', since, before })) {
      hours.push(new Date(hour).toISOString());
    }
    return hours;
  };
  const midnight = Date.UTC(2026, 10, 28);
  const [last, first, second] = ['27T23', '28T00', '28T01'].map(
    (hour) => `2026-11-${hour}:00:00.000Z`,
  );
  expect(await listed(midnight - 1, Infinity)).toEqual([last, first, second]);
  expect(await listed(midnight, Infinity)).toEqual([first, second]);
  expect(await listed(midnight, midnight + 3_600_000)).toEqual([first]);
  expect(await listed(midnight + 24 * 3_600_000, Infinity)).toEqual([]);
});

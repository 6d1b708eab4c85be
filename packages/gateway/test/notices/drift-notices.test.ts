import type { DriftVerdict } from '@fairlead/drift';
import type { NoticeCondition, NoticeSubject } from '@fairlead/monitoring';
import { expect, test } from 'vitest';
import { DriftNotices } from '../../src/notices/drift-notices.ts';

const hour = { from: Date.UTC(2026, 10, 28, 12), to: Date.UTC(2026, 10, 28, 13) };
const subject = { kind: 'drift', model: 'churn', name: 'version:3' } as const;

const columnsOf = (names: readonly string[]) =>
  names.map((name) => ({ name, role: 'feature' as const }));

/** A verdict after which `drifted` drift. */
function verdictOf(drifted: string[], began: string[], ended: string[] = []): DriftVerdict {
  return {
    ...{ model: 'churn', version: '3', baseline: 'sha256:0', ...hour },
    status: drifted.length > 0 ? 'drift' : 'ok',
    summary: { drift: drifted.length, ok: 0, 'insufficient data': 0 },
    drifted: columnsOf(drifted).map((column) => ({
      ...{ ...column, since: hour.from, checks: [], explanation: '' },
    })),
    began: columnsOf(began),
    ended: columnsOf(ended),
  };
}

function openNotices() {
  const reported: NoticeCondition[] = [];
  const resolved: NoticeCondition[] = [];
  const forgotten: NoticeSubject[] = [];
  const ended: NoticeSubject[] = [];
  const notices = new DriftNotices({
    report: (condition) => reported.push(condition),
    resolve: (condition) => ended.push(condition),
    resolveShared: (condition) => resolved.push(condition),
    forget: (condition) => forgotten.push(condition),
  });
  return { notices, reported, resolved, forgotten, ended };
}

test('drift of a version is one condition, which is over when the drift of its last feature is', () => {
  const { notices, reported, resolved } = openNotices();
  notices.stored(verdictOf(['age', 'income'], ['age', 'income']));
  notices.stored(verdictOf(['age', 'income', 'city'], ['city']));
  notices.stored(verdictOf(['city'], [], ['age', 'income']));
  notices.stored(verdictOf(['city'], []));
  expect(resolved).toEqual([]);
  notices.stored(verdictOf([], [], ['city']));
  notices.stored(verdictOf([], []));
  const span = { from: '2026-11-28T12:00:00.000Z', to: '2026-11-28T13:00:00.000Z' };
  expect(resolved).toMatchObject([{ ...subject, details: { version: '3', features: 0, ...span } }]);
  expect(resolved[0]?.summary).toBe(
    'churn: version 3 receives and answers values like its baseline again: city',
  );
  expect(reported).toMatchObject([
    { ...subject, severity: 'warning', details: { version: '3', features: 2, ...span } },
    { ...subject, details: { features: 3 } },
  ]);
  expect(reported[1]?.summary).toBe(
    'churn: version 3 receives or answers other values than its baseline: age, income, city',
  );
});

test('of many features the first five are named', () => {
  const { notices, reported } = openNotices();
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  notices.stored(verdictOf(names, names));
  expect(reported[0]?.summary).toMatch(/: a, b, c, d, e and 2 more$/);
});

test('a drift that another process found to be over is forgotten here', () => {
  const { notices, reported, resolved, forgotten } = openNotices();
  notices.found(verdictOf(['age'], ['age']));
  expect(forgotten).toEqual([]);
  notices.found(verdictOf([], [], ['age']));
  expect(forgotten).toEqual([subject]);
  expect([reported, resolved]).toEqual([[], []]);
});

test('a version that is not served any more has a condition no longer', () => {
  const { notices, ended, resolved } = openNotices();
  notices.stored(verdictOf(['age'], ['age']));
  notices.gone({ model: 'churn', version: '3' });
  expect(ended).toEqual([
    { ...subject, summary: 'churn: version 3, which had drifted, is not served any more' },
  ]);
  expect(resolved).toEqual([]);
});

import type { NoticeCondition, NoticeSubject } from '@fairlead/monitoring';
import { expect, test } from 'vitest';
import { DriftNotices } from '../../src/notices/drift-notices.ts';

const hour = { from: '2026-11-28T12:00:00.000Z', to: '2026-11-28T13:00:00.000Z' };
const began = { ...hour, type: 'drift-began', model: 'churn', version: '3' } as const;
const ended = { ...began, type: 'drift-ended' } as const;

function openNotices() {
  const reported: NoticeCondition[] = [];
  const resolved: NoticeSubject[] = [];
  const notices = new DriftNotices({
    report: (condition) => reported.push(condition),
    resolve: (subject) => resolved.push(subject),
  });
  return { notices, reported, resolved };
}

test('drift of a version is one condition, which is over when the drift of its last feature is', () => {
  const { notices, reported, resolved } = openNotices();
  notices.count({ ...began, features: ['age', 'income'] });
  notices.count({ ...began, features: ['city'] });
  notices.count({ ...ended, features: ['income', 'age'] });
  expect(resolved).toEqual([]);
  notices.count({ ...ended, features: ['city'] });
  const subject = { kind: 'drift', model: 'churn', name: 'version:3' };
  expect(resolved).toEqual([subject]);
  expect(reported).toMatchObject([
    { ...subject, severity: 'warning', details: { version: '3', features: 2, ...hour } },
    { ...subject, details: { features: 3 } },
  ]);
  expect(reported[1]?.summary).toBe(
    'churn: version 3 receives or answers other values than its baseline: age, income, city',
  );
});

test('versions are separate, and of many features the first five are named', () => {
  const { notices, reported, resolved } = openNotices();
  notices.count({ ...began, features: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] });
  notices.count({ ...began, version: '4', features: ['a'] });
  expect(reported[0]?.summary).toMatch(/: a, b, c, d, e and 2 more$/);
  notices.count({ ...ended, version: '4', features: ['a'] });
  expect(resolved.map(({ name }) => name)).toEqual(['version:4']);
});

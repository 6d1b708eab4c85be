import type { NoticeCondition, NoticeSubject } from '@fairlead/monitoring';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ForwardedNotices } from '../../src/notices/forwarded-notices.ts';
import { HostNotices } from '../../src/notices/host-notices.ts';
import type { NoticeChange } from '../../src/process-group/notice-change.ts';

const failedLoad = { kind: 'load-failed', model: 'churn' } as const;
const openCircuit = { kind: 'errors', model: 'churn', name: 'circuit-open:1' } as const;
const drift = { kind: 'drift', model: 'churn', name: 'version:1' } as const;
const summary = 'churn fails';

/** Conditions of a host with the processes 1 and 2, and the calls of its notifier. */
function host() {
  const calls: string[] = [];
  const note =
    (call: string) =>
    ({ kind, name = '' }: NoticeSubject, count?: number): void =>
      void calls.push([call, kind, name, count].filter(Boolean).join(' '));
  const notices = new HostNotices({
    report: note('report'),
    resolve: note('resolve'),
    resolveShared: note('resolveShared'),
    forget: note('forget'),
  });
  const report = (process: number, condition: NoticeCondition): void => {
    notices.change(process, [{ type: 'report', condition, count: 1 }]);
  };
  const resolve = (process: number, subject: NoticeSubject): void => {
    notices.change(process, [{ type: 'resolve', subject }]);
  };
  return { notices, calls, report, resolve };
}

test.each([failedLoad, openCircuit])(
  'a condition is over when it is in each process: $kind',
  (subject) => {
    const { calls, report, resolve } = host();
    report(1, { ...subject, summary });
    report(2, { ...subject, summary });
    resolve(1, subject);
    expect(calls.filter((call) => call.startsWith('resolve'))).toEqual([]);
    resolve(2, subject);
    expect(calls.filter((call) => call.startsWith('resolve'))).toHaveLength(1);
  },
);

test('a process that has ended holds no condition', () => {
  const { notices, calls, report, resolve } = host();
  report(1, { ...openCircuit, summary });
  report(2, { ...openCircuit, summary });
  notices.end(2);
  resolve(1, openCircuit);
  report(1, { ...failedLoad, summary });
  notices.end(1);
  expect(calls.slice(2)).toEqual([
    'resolve errors circuit-open:1',
    'report load-failed 1',
    'resolve load-failed',
  ]);
});

test('drift and error groups do not depend on the process that reported them', () => {
  const { notices, calls, report, resolve } = host();
  report(1, { ...drift, summary });
  report(1, { ...openCircuit, name: 'inference:FAILED', summary, endsAfterMs: 1000 });
  notices.end(1);
  notices.change(2, [
    { type: 'resolveShared', condition: { ...drift, summary } },
    { type: 'forget', subject: drift },
  ]);
  report(1, { ...drift, summary });
  resolve(2, drift);
  expect(calls.slice(2)).toEqual([
    'resolveShared drift version:1',
    'forget drift version:1',
    'report drift version:1 1',
    'resolve drift version:1',
  ]);
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('many reports about one condition are one message, and changes keep their order', async () => {
  const messages: (readonly NoticeChange[])[] = [];
  const notices = new ForwardedNotices((changes) => {
    messages.push(changes);
    return Promise.resolve();
  });
  for (let request = 0; request < 1000; request += 1) notices.report({ ...failedLoad, summary });
  notices.report({ ...drift, summary });
  notices.resolve(failedLoad);
  notices.report({ ...failedLoad, summary });
  await vi.advanceTimersByTimeAsync(200);
  expect(messages).toMatchObject([
    [
      { type: 'report', condition: failedLoad, count: 1000 },
      { type: 'report', condition: drift, count: 1 },
      { type: 'resolve', subject: failedLoad },
      { type: 'report', condition: failedLoad, count: 1 },
    ],
  ]);
  notices.report({ ...failedLoad, summary });
  await notices.close();
  expect(messages[1]).toMatchObject([{ count: 1 }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(messages).toHaveLength(2);
});

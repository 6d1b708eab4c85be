import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '@fairlead/test-support';
import { MonitoringError, Notifier, type NotifierOptions } from '../../src/index.ts';
import { CollectedNotices } from './collected-notices.ts';

const MINUTE = 60_000;
const failedLoad = { kind: 'load-failed', model: 'digits' } as const;
const report = { ...failedLoad, summary: 'digits could not be loaded' };

function setUp(options: Partial<NotifierOptions> = {}) {
  const list = new CollectedNotices();
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const errors: MonitoringError[] = [];
  const notifier = new Notifier({
    destinations: [list],
    service: 'shop',
    host: 'host-1',
    checkMs: 1_000_000,
    retryDelayMs: 1,
    now: () => clock.ms,
    onError: (error) => errors.push(error),
    ...options,
  });
  onTestFinished(() => notifier.close({ deadlineMs: 1 }));
  return { notifier, list, clock, errors };
}

describe('a condition', () => {
  test('is sent at once, then hourly with counts, and once when it is over', async () => {
    const { notifier, list, clock } = setUp();
    notifier.report(report);
    for (let minute = 1; minute <= 119; minute += 1) {
      clock.ms += MINUTE;
      notifier.report(report);
      notifier.check();
    }
    notifier.resolve(failedLoad);
    notifier.check();
    clock.ms += 5 * MINUTE;
    notifier.check();
    notifier.check();
    clock.ms += 500 * MINUTE;
    notifier.check();
    await eventually(() => {
      expect(list.summary).toEqual([
        'began load-failed/digits 1/1',
        'continues load-failed/digits 60/61',
        'ended load-failed/digits 59/120',
      ]);
    });
    expect(new Set(list.notices.map(({ id }) => id)).size).toBe(3);
    expect(list.notices[1]).toMatchObject({
      kind: 'load-failed',
      model: 'digits',
      severity: 'error',
      service: 'shop',
      host: 'host-1',
      firstSeenMs: Date.UTC(2026, 0, 1),
      lastSeenMs: Date.UTC(2026, 0, 1, 1),
    });
  });

  test('counts a report that stands for several', async () => {
    const { notifier, list, clock } = setUp();
    notifier.report(report, 3);
    clock.ms += 60 * MINUTE;
    notifier.report(report, 4);
    await eventually(() => {
      expect(list.summary).toEqual([
        'began load-failed/digits 3/3',
        'continues load-failed/digits 4/7',
      ]);
    });
  });

  test('without further reports is not repeated', async () => {
    const { notifier, list, clock } = setUp();
    notifier.report(report);
    clock.ms += 600 * MINUTE;
    notifier.check();
    await notifier.close();
    expect(list.summary).toEqual(['began load-failed/digits 1/1']);
  });

  test('of a process that does not stay is sent once, with the results', async () => {
    const { notifier, list, clock } = setUp();
    expect(await notifier.send(report)).toEqual([{ destination: 'list' }]);
    list.fail = () => Promise.reject(new Error('sentinel'));
    expect(await notifier.send(report, 'ended')).toEqual([
      { destination: 'list', reason: expect.not.stringContaining('sentinel') as string },
    ]);
    clock.ms += 600 * MINUTE;
    notifier.check();
    await notifier.close();
    expect(list.summary).toEqual(['began load-failed/digits 1/1']);
  });

  test('that is over for another reason has that as its summary', async () => {
    const { notifier, list } = setUp();
    notifier.resolve({ ...failedLoad, summary: 'no condition is open' });
    notifier.report(report);
    notifier.resolve({ ...failedLoad, summary: 'digits is not served any more' });
    await notifier.close();
    expect(list.notices.map(({ status, summary }) => [status, summary])).toEqual([
      ['began', report.summary],
      ['ended', 'digits is not served any more'],
    ]);
  });

  test('that returns before it has settled is one condition', async () => {
    const { notifier, list, clock } = setUp();
    for (let round = 0; round < 10; round += 1) {
      notifier.report(report);
      notifier.resolve(failedLoad);
      clock.ms += 4 * MINUTE;
      notifier.check();
    }
    clock.ms += MINUTE;
    notifier.check();
    notifier.report(report);
    await notifier.close();
    expect(list.summary).toEqual([
      'began load-failed/digits 1/1',
      'ended load-failed/digits 9/10',
      'began load-failed/digits 1/1',
    ]);
  });

  test('with endsAfterMs ends without a report for that time', async () => {
    const { notifier, list, clock } = setUp();
    const errors = { kind: 'errors', name: 'ERR_A', summary: 'errors', endsAfterMs: 10 * MINUTE };
    notifier.report({ ...errors, kind: 'errors' });
    clock.ms += 9 * MINUTE;
    notifier.report({ ...errors, kind: 'errors' });
    clock.ms += 9 * MINUTE;
    notifier.check();
    expect(list.notices.length).toBeLessThan(2);
    clock.ms += MINUTE;
    notifier.check();
    await notifier.close();
    expect(list.summary).toEqual(['began errors//ERR_A 1/1', 'ended errors//ERR_A 1/2']);
  });

  test('that another process reported is over at once, and one of this process when it has settled', async () => {
    const { notifier, list, clock } = setUp();
    const over = { ...report, summary: 'digits is loaded again' };
    notifier.resolveShared(over);
    await eventually(() => {
      expect(list.summary).toEqual(['ended load-failed/digits 0/0']);
    });
    expect(list.notices[0]).toMatchObject({ summary: 'digits is loaded again', model: 'digits' });
    notifier.report(report);
    notifier.resolveShared(over);
    notifier.forget(failedLoad);
    clock.ms += 5 * MINUTE;
    notifier.check();
    await eventually(() => {
      expect(list.summary.slice(1)).toEqual([
        'began load-failed/digits 1/1',
        'ended load-failed/digits 0/1',
      ]);
    });
  });

  test('that another process ended gets no notice here', async () => {
    const { notifier, list, clock } = setUp();
    notifier.report({ ...report, endsAfterMs: MINUTE });
    notifier.forget(failedLoad);
    clock.ms += 2 * MINUTE;
    notifier.check();
    notifier.report(report);
    await notifier.close();
    expect(list.summary).toEqual(['began load-failed/digits 1/1', 'began load-failed/digits 1/1']);
  });

  test('beyond the maximum number is counted', () => {
    const { notifier } = setUp({ maxConditions: 2 });
    for (const model of ['a', 'b', 'c', 'd', 'a']) notifier.report({ ...report, model });
    expect(notifier.ignored).toBe(2);
  });

  test('with hostile text is sent as single short lines', async () => {
    const { notifier, list } = setUp();
    notifier.report({
      kind: 'errors',
      model: 'a\r\nBcc: x@y.example',
      name: '</script>',
      summary: `a\nb\u202Ec${'x'.repeat(100_000)}`,
      details: Object.fromEntries(
        Array.from({ length: 1000 }, (_, at) => [`n\n${at}`, 'v\0'.repeat(10_000)]),
      ),
    });
    await notifier.close();
    const [notice] = list.notices;
    expect(notice).toMatchObject({ key: 'errors/(invalid)/(invalid)', model: '(invalid)' });
    expect(JSON.stringify(notice).length).toBeLessThan(8000);
    expect(notice?.summary).toMatch(/^a b cx+…$/);
    expect(Object.keys(notice?.details ?? {})).toHaveLength(20);
    expect(JSON.stringify(notice)).not.toMatch(/\\n|\\u0000|\u202E/);
  });
});

describe('a destination', () => {
  test('that is unreachable delays no other one, and gets each notice once it returns', async () => {
    const away = new CollectedNotices('away');
    const list = new CollectedNotices();
    let isAway = true;
    away.fail = () => (isAway ? Promise.reject(new Error('secret https://hooks/x')) : undefined);
    const { notifier, errors } = setUp({ destinations: [away, list], maxAttempts: 1000 });
    notifier.report(report);
    notifier.report({ ...report, model: 'other' });
    await eventually(() => {
      expect(list.notices).toHaveLength(2);
      expect(away.attempts.length).toBeGreaterThan(2);
    });
    expect(away.notices).toEqual([]);
    isAway = false;
    await eventually(() => {
      expect(away.notices).toEqual(list.notices);
    });
    expect(new Set(away.attempts.map(({ id }) => id)).size).toBe(2);
    expect(errors.map(({ code }) => code)).toEqual(['ERR_MONITORING_NOTICE_UNAVAILABLE']);
    expect(errors[0]?.message).not.toContain('hooks');
    expect(notifier.counts[0]).toMatchObject({ destination: 'away', sent: 2, waiting: 0 });
  });

  test('that refuses a notice gets no second attempt', async () => {
    const { notifier, list, errors } = setUp();
    list.fail = () =>
      Promise.reject(new MonitoringError('ERR_MONITORING_NOTICE_REJECTED', 'status 404'));
    notifier.report(report);
    await eventually(() => {
      expect(notifier.counts[0]?.lost.rejected).toBe(1);
    });
    expect(list.attempts).toHaveLength(1);
    expect(errors.map(({ message }) => message)).toEqual([
      'the notice "load-failed/digits began" to list is lost: status 404',
    ]);
  });

  test('gets a notice maxAttempts times, after which it is lost', async () => {
    const { notifier, list, errors } = setUp({ maxAttempts: 3 });
    list.fail = () => Promise.reject(new Error('away'));
    notifier.report(report);
    await eventually(() => {
      expect(notifier.counts[0]).toMatchObject({ waiting: 0, retried: 2, lost: { abandoned: 1 } });
    });
    expect(list.attempts).toHaveLength(3);
    expect(errors.map(({ code }) => code)).toEqual([
      'ERR_MONITORING_NOTICE_UNAVAILABLE',
      'ERR_MONITORING_NOTICE_LOST',
    ]);
  });

  test('that never answers and ignores the signal is timed out', async () => {
    const { notifier, list } = setUp({ timeoutMs: 5, maxAttempts: 2 });
    list.fail = () => new Promise(() => undefined);
    notifier.report(report);
    await eventually(() => {
      expect(notifier.counts[0]?.lost.abandoned).toBe(1);
    });
    expect(await notifier.test()).toEqual([
      { destination: 'list', reason: 'no response within 5 ms' },
    ]);
  });

  test('loses the oldest notices when too many wait', async () => {
    const { notifier, list } = setUp({ maxQueued: 3 });
    let answer = (): void => undefined;
    list.fail = () => new Promise((resolve) => (answer = resolve));
    notifier.report({ ...report, model: 'm0' });
    await eventually(() => {
      expect(list.attempts).toHaveLength(1);
    });
    for (const at of [1, 2, 3, 4, 5]) notifier.report({ ...report, model: `m${at}` });
    expect(notifier.counts[0]).toMatchObject({ waiting: 4, lost: { queueFull: 2 } });
    list.fail = () => undefined;
    answer();
    await notifier.close();
    expect(list.notices.map(({ model }) => model)).toEqual(['m0', 'm3', 'm4', 'm5']);
  });
});

describe('close', () => {
  test('sends what waits without its delay, and the end of resolved conditions', async () => {
    const { notifier, list } = setUp({ retryDelayMs: 1_000_000 });
    list.fail = () => Promise.reject(new Error('away'));
    notifier.report(report);
    await eventually(() => {
      expect(notifier.counts[0]?.retried).toBe(1);
    });
    notifier.resolve(failedLoad);
    list.fail = () => undefined;
    await notifier.close({ deadlineMs: 60_000 });
    expect(list.notices.map(({ status }) => status)).toEqual(['began', 'ended']);
    notifier.report({ ...report, model: 'late' });
    expect(notifier.counts[0]).toMatchObject({ sent: 2, lost: { closed: 1 } });
  });

  test('ends at its deadline, and counts what is lost', async () => {
    const { notifier, list } = setUp();
    list.fail = () => new Promise(() => undefined);
    notifier.report(report);
    notifier.report({ ...report, model: 'other' });
    await notifier.close({ deadlineMs: 20 });
    expect(notifier.counts[0]).toMatchObject({ waiting: 0, sent: 0, lost: { closed: 2 } });
  });
});

test('a test notice goes to each destination once, with a result for each', async () => {
  const good = new CollectedNotices('good');
  const bad = new CollectedNotices('bad');
  bad.fail = () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
  const { notifier } = setUp({ destinations: [good, bad] });
  expect(await notifier.test()).toEqual([
    { destination: 'good' },
    { destination: 'bad', reason: 'ECONNREFUSED' },
  ]);
  expect(good.notices).toMatchObject([{ status: 'test', kind: 'test', service: 'shop' }]);
  expect(bad.attempts).toHaveLength(1);
});

import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { eventually } from '@fairlead/test-support';
import { CloudWatchPublisher } from '../../src/cloudwatch/index.ts';
import type {
  CloudWatchMetric,
  CloudWatchPublisherOptions,
  CloudWatchPublisherStats,
  CloudWatchSendClient,
} from '../../src/cloudwatch/index.ts';
import type { MonitoringError } from '../../src/index.ts';
import { ManualClock } from './manual-clock.ts';
import { StrictCloudWatch } from './strict-cloudwatch.ts';
import type { Fault } from './strict-cloudwatch.ts';

/**
 * Unlike any pause (10,000 ms at most, half of the longest) and any wait for a flush (30,000 ms or more), so that the
 * timers of the manual clock can be told apart.
 */
const requestTimeoutMs = 19_999;
const longestPauseMs = 10_001;
const intervalMs = 60_000;

let cloudWatch: StrictCloudWatch;
let clock: ManualClock;
let client: CloudWatchClient;
let errors: MonitoringError[];
let publishers: CloudWatchPublisher[];

beforeEach(async () => {
  // On a turn of the publisher's clock, so that the first flush is a whole interval away.
  clock = new ManualClock(Math.ceil(Date.now() / intervalMs) * intervalMs + intervalMs / 2);
  cloudWatch = await StrictCloudWatch.start(() => clock.now());
  client = cloudWatch.client();
  errors = [];
  publishers = [];
});

afterEach(async () => {
  for (const publisher of publishers) {
    const closed = publisher.close({ deadlineMs: 1 });
    clock.advance(1);
    await closed;
  }
  client.destroy();
  await cloudWatch.stop();
  expect(cloudWatch.violations).toEqual([]);
});

function publish(options: Partial<CloudWatchPublisherOptions> = {}): CloudWatchPublisher {
  const publisher = new CloudWatchPublisher({
    client,
    namespace: 'Fairlead/Test',
    requestTimeoutMs,
    now: clock.now,
    schedule: clock.schedule,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    ...options,
  });
  publishers.push(publisher);
  return publisher;
}

/** Moves on to the next flush and no further: what it sends must not run into its time-out. */
function toNextFlush(): void {
  const flush = clock.timers.find(({ delayMs }) => delayMs > requestTimeoutMs);
  if (flush === undefined) throw new Error('No flush is scheduled.');
  clock.advance(Math.max(0, flush.dueMs - clock.now()));
}

/**
 * Lets requests and the pauses between them go on, without moving to the next flush, until `isDone`.
 *
 * In about one run of a hundred the HTTP client never reports a reset connection; the publisher's timeout then ends the
 * request, as it does in production.
 */
async function settle(isDone: () => boolean): Promise<void> {
  let movedAt = performance.now();
  while (!isDone()) {
    await new Promise((resolve) => setImmediate(resolve));
    const isStuck = performance.now() - movedAt > 3000;
    const most = isStuck ? requestTimeoutMs + 1 : longestPauseMs;
    const next = clock.timers.find(({ delayMs }) => delayMs < most);
    if (next === undefined) continue;
    clock.advance(Math.max(0, next.dueMs - clock.now()));
    movedAt = performance.now();
  }
}

/** Waits until nothing is pending. */
async function delivered(publisher: CloudWatchPublisher): Promise<void> {
  await eventually(() => {
    expect(publisher.stats().pending).toBe(0);
  });
}

/** Waits until the publisher pauses before another attempt, and gives the length of the pause. */
async function pause(): Promise<number> {
  const find = () => clock.timers.find(({ delayMs }) => delayMs < longestPauseMs);
  await eventually(() => {
    expect(find() !== undefined).toBe(true);
  });
  return find()?.delayMs ?? Number.NaN;
}

function balance({ recorded, published, pending, dropped }: CloudWatchPublisherStats): number {
  const lost = Object.values<number>({ ...dropped }).reduce((sum, count) => sum + count, 0);
  return recorded - published - pending - lost;
}

describe('CloudWatchPublisher', () => {
  test('accepts the client of the AWS SDK', () => {
    expectTypeOf<CloudWatchClient>().toExtend<CloudWatchSendClient>();
    expectTypeOf<ReturnType<CloudWatchPublisher['metric']>>().toEqualTypeOf<CloudWatchMetric>();
  });

  test('sends values with their counts, unit, dimensions and the time of the first', async () => {
    const publisher = publish();
    const latency = publisher.metric({
      name: 'Latency',
      unit: 'Milliseconds',
      dimensions: { service: 'gateway', model: 'digits' },
    });
    const firstMs = clock.now();
    latency.record(1.5);
    clock.advance(10);
    latency.record(1.5);
    latency.record(2, 3);
    latency.record(0);
    toNextFlush();
    await delivered(publisher);
    expect(cloudWatch.accepted).toEqual([
      {
        namespace: 'Fairlead/Test',
        bodyBytes: expect.any(Number) as number,
        compressed: false,
        datums: [
          {
            name: 'Latency',
            unit: 'Milliseconds',
            dimensions: { service: 'gateway', model: 'digits' },
            timestampMs: firstMs,
            values: [0, 1.5, 2],
            counts: [1, 2, 3],
          },
        ],
      },
    ]);
    expect(publisher.stats()).toEqual({
      recorded: 6,
      published: 6,
      pending: 0,
      requests: 1,
      retries: 0,
      dropped: { invalid: 0, overLimit: 0, queueFull: 0, expired: 0, refused: 0, closed: 0 },
    });
  });

  test('calls CloudWatch at most once per interval, and not at all without values', async () => {
    const publisher = publish();
    const count = publisher.metric({ name: 'RequestCount', unit: 'Count' });
    for (let second = 1; second <= 300; second += 1) {
      count.record(1);
      clock.advance(1000);
      await eventually(() => {
        expect(cloudWatch.accepted).toHaveLength(publisher.stats().requests);
        expect(cloudWatch.total).toBe(publisher.stats().published);
      });
    }
    expect(publisher.stats()).toMatchObject({ requests: 5, published: 300 });
    clock.advance(10 * intervalMs);
    await publisher.close();
    expect(cloudWatch.arrived).toBe(5);
  });

  test.each([
    { shiftMs: -1, nextMs: intervalMs + 1 },
    { shiftMs: 0, nextMs: intervalMs },
    { shiftMs: 10, nextMs: intervalMs - 10 },
    { shiftMs: intervalMs / 2 - 1, nextMs: intervalMs / 2 + 1 },
    { shiftMs: intervalMs / 2 + 1, nextMs: 1.5 * intervalMs - 1 },
  ])(
    'a timer that fires $shiftMs ms after its turn is followed by a flush at the next turn at least half an interval away',
    ({ shiftMs, nextMs }) => {
      publish();
      const [flush] = clock.timers;
      if (flush === undefined) throw new Error('No flush is scheduled.');
      clock.set(flush.dueMs + shiftMs);
      clock.fire(flush);
      expect(clock.timers.map(({ delayMs }) => delayMs)).toEqual([nextMs]);
    },
  );

  test('spreads the flushes of a fleet over the interval', () => {
    const delays = [0, 0.25, 0.99].map((share) => {
      const own = new ManualClock(Date.UTC(2030, 0, 1));
      publish({ now: own.now, schedule: own.schedule, random: () => share });
      return own.timers[0]?.delayMs;
    });
    expect(delays).toEqual([60_000, 15_000, 59_400]);
  });

  test('preserves percentiles of a busy minute within 0.5 %', async () => {
    const publisher = publish();
    const latency = publisher.metric({ name: 'Latency', unit: 'Milliseconds' });
    const recorded: number[] = [];
    for (let index = 0; index < 20_000; index += 1) {
      const value = 0.3 * Math.exp(4 * Math.abs(Math.sin(index * 12.9898)) + 2 * Math.cos(index));
      recorded.push(value);
      latency.record(value);
    }
    toNextFlush();
    await delivered(publisher);
    recorded.sort((a, b) => a - b);
    const stored = [...cloudWatch.distribution('Latency')].sort(([a], [b]) => a - b);
    expect(stored.length).toBeGreaterThan(150);
    for (const share of [0, 0.01, 0.5, 0.9, 0.99, 0.999, 0.99995]) {
      const rank = Math.floor(share * recorded.length);
      let seen = 0;
      const [quantile] = stored.find(([, count]) => (seen += count) > rank) ?? [Number.NaN];
      const exact = recorded[rank] ?? Number.NaN;
      expect(Math.abs(quantile - exact) / exact).toBeLessThanOrEqual(0.005);
    }
    const [request] = cloudWatch.accepted;
    expect(cloudWatch.accepted).toHaveLength(1);
    expect(request?.compressed).toBe(true);
    expect(publisher.stats().published).toBe(20_000);
  });

  test('splits more than 1000 metrics or 1 MB into several requests', async () => {
    const publisher = publish({ maxMetrics: 2500, maxQueueBytes: 100_000_000 });
    for (let index = 0; index < 2500; index += 1) {
      const dimensions = { service: 's'.repeat(400), model: `model-${index}` };
      const metric = publisher.metric({ name: 'Latency', unit: 'Milliseconds', dimensions });
      metric.record(index + 1);
      if (index < 20) for (let value = 1; value <= 900; value += 1) metric.record(value);
    }
    toNextFlush();
    await delivered(publisher);
    expect(cloudWatch.accepted.length).toBeGreaterThan(2);
    expect(publisher.stats().published).toBe(2500 + 20 * 900);
    expect(cloudWatch.total).toBe(2500 + 20 * 900);
    // The rules of the server have checked each request's size.
  });

  test('fills a request up to 1000 metrics', async () => {
    const publisher = publish({ maxMetrics: 1500 });
    for (let index = 0; index < 1500; index += 1) {
      publisher.metric({ name: `m${index}`, unit: 'Count' }).record(1);
    }
    toNextFlush();
    await delivered(publisher);
    expect(cloudWatch.accepted.map(({ datums }) => datums.length)).toEqual([1000, 500]);
  });

  test.each([Number.NaN, Infinity, -Infinity, 2 ** 361, -(2 ** 361), 2 ** 360 * 1.0001])(
    'drops and counts %d, which CloudWatch would refuse',
    async (value) => {
      const publisher = publish();
      const metric = publisher.metric({ name: 'Own' });
      metric.record(value);
      metric.record(1, 0);
      metric.record(1, 1.5);
      metric.record(7);
      toNextFlush();
      await delivered(publisher);
      expect(cloudWatch.distribution('Own')).toEqual(new Map([[7, 1]]));
      expect(publisher.stats()).toMatchObject({
        recorded: 4,
        published: 1,
        dropped: { invalid: 3 },
      });
      await eventually(() => {
        expect(errors).toMatchObject([
          {
            code: 'ERR_MONITORING_CLOUDWATCH_VALUES_DROPPED',
            message: expect.stringContaining('invalid 3') as string,
          },
        ]);
      });
    },
  );

  test('sends values too close to 0 for CloudWatch as 0', async () => {
    const publisher = publish();
    const metric = publisher.metric({ name: 'Own' });
    metric.record(5e-324);
    metric.record(-(2 ** -361));
    metric.record(2.3e108);
    toNextFlush();
    await delivered(publisher);
    expect(cloudWatch.distribution('Own')).toEqual(
      new Map([
        [0, 2],
        [2.3e108, 1],
      ]),
    );
  });

  test('drops and counts values of metrics over the limit, and accepts them in the next interval', async () => {
    const publisher = publish({ maxMetrics: 2 });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => publisher.metric({ name }));
    a?.record(1);
    b?.record(1);
    c?.record(1, 5);
    a?.record(2);
    toNextFlush();
    await delivered(publisher);
    expect(publisher.stats()).toMatchObject({ published: 3, dropped: { overLimit: 5 } });
    c?.record(1);
    toNextFlush();
    await delivered(publisher);
    expect(cloudWatch.distribution('c')).toEqual(new Map([[1, 1]]));
  });

  test.each<Fault>(['throttling', 'too many requests', 'internal error', 'unavailable', 'reset'])(
    'repeats after "%s" with growing, jittered pauses, losing nothing',
    async (fault) => {
      const publisher = publish();
      cloudWatch.faults.push(fault, fault, fault);
      publisher.metric({ name: 'Own' }).record(4, 10);
      toNextFlush();
      for (const longest of [200, 400, 800]) {
        // Half of it, because `random` gives 0.5.
        const pauseMs = await pause();
        expect(pauseMs).toBe(longest / 2);
        clock.advance(pauseMs);
      }
      await delivered(publisher);
      expect(cloudWatch.distribution('Own')).toEqual(new Map([[4, 10]]));
      expect(publisher.stats()).toMatchObject({ published: 10, requests: 4, retries: 3 });
      expect(errors).toEqual([]);
    },
  );

  test('aborts a request without a response in time, and retries it', async () => {
    const publisher = publish();
    cloudWatch.faults.push('silent');
    publisher.metric({ name: 'Own' }).record(1);
    toNextFlush();
    await eventually(() => {
      expect(cloudWatch.faults).toEqual([]);
    });
    clock.advance(requestTimeoutMs - 1);
    expect(publisher.stats()).toMatchObject({ requests: 1, retries: 0 });
    clock.advance(1);
    clock.advance(await pause());
    await delivered(publisher);
    expect(publisher.stats()).toMatchObject({ published: 1, requests: 2 });
  });

  test('delivers again when only the response was lost: at least once', async () => {
    const publisher = publish();
    cloudWatch.faults.push('lost answer');
    publisher.metric({ name: 'Own' }).record(1);
    toNextFlush();
    clock.advance(await pause());
    await delivered(publisher);
    expect(publisher.stats()).toMatchObject({ published: 1, requests: 2 });
    expect(cloudWatch.total).toBe(2);
  });

  test('stores values during an outage and sends them together after it', async () => {
    const publisher = publish({ maxAttempts: 2 });
    const metric = publisher.metric({ name: 'Own' });
    cloudWatch.faults.push('unavailable', 'unavailable', 'reset', 'throttling');
    for (let minute = 1; minute <= 2; minute += 1) {
      metric.record(minute);
      toNextFlush();
      clock.advance(await pause());
      await eventually(() => {
        expect(errors).toHaveLength(minute);
      });
      expect(publisher.stats()).toMatchObject({ published: 0, pending: minute });
    }
    expect(errors[0]).toMatchObject({
      code: 'ERR_MONITORING_CLOUDWATCH_UNAVAILABLE',
      message: expect.stringContaining('HTTP 503') as string,
      cause: expect.any(Error) as Error,
    });
    metric.record(3);
    toNextFlush();
    await delivered(publisher);
    expect(publisher.stats()).toMatchObject({ published: 3, requests: 5, retries: 2 });
    expect(cloudWatch.accepted).toHaveLength(1);
    expect(cloudWatch.accepted[0]?.datums.map(({ values }) => values)).toEqual([[1], [2], [3]]);
  });

  test('does not retry a refused request, and sends the rest', async () => {
    const publisher = publish({ maxMetrics: 1500 });
    cloudWatch.faults.push('validation error');
    for (let index = 0; index < 1500; index += 1) publisher.metric({ name: `m${index}` }).record(1);
    toNextFlush();
    await delivered(publisher);
    expect(publisher.stats()).toMatchObject({
      published: 500,
      requests: 2,
      retries: 0,
      dropped: { refused: 1000 },
    });
    expect(errors).toMatchObject([
      {
        code: 'ERR_MONITORING_CLOUDWATCH_REFUSED',
        message: expect.stringMatching(/1000 values.*InvalidParameterValue.*HTTP 400/) as string,
      },
    ]);
  });

  test.each<Fault>(['expired token', 'access denied'])(
    'waits for the next flush after "%s", as credentials are renewed',
    async (fault) => {
      const publisher = publish();
      cloudWatch.faults.push(fault);
      publisher.metric({ name: 'Own' }).record(1);
      toNextFlush();
      await eventually(() => {
        expect(errors).toHaveLength(1);
      });
      expect(publisher.stats()).toMatchObject({ requests: 1, pending: 1 });
      toNextFlush();
      await delivered(publisher);
      expect(publisher.stats()).toMatchObject({ published: 1, requests: 2, retries: 0 });
    },
  );

  test('drops the oldest when the queue is full, and counts them', async () => {
    const publisher = publish({ maxAttempts: 1, maxQueueBytes: 1_000_000 });
    const metric = publisher.metric({ name: 'Own' });
    // Some 13 kB a datum by the count of the queue: each minute has six full ones, 13 minutes fill it.
    const minutes = 20;
    cloudWatch.faults.push(...Array.from({ length: minutes }, () => 'unavailable' as const));
    for (let minute = 1; minute <= minutes; minute += 1) {
      for (let value = 100; value < 1000; value += 1) metric.record(value / 100, minute);
      toNextFlush();
      await eventually(() => {
        expect(publisher.stats().requests).toBe(minute);
        expect(errors.filter(({ code }) => code.endsWith('UNAVAILABLE'))).toHaveLength(minute);
      });
      expect(balance(publisher.stats())).toBe(0);
    }
    const { dropped, pending } = publisher.stats();
    expect(dropped.queueFull).toBeGreaterThan(0);
    expect(errors.at(-1)?.code).toBe('ERR_MONITORING_CLOUDWATCH_VALUES_DROPPED');
    toNextFlush();
    await delivered(publisher);
    expect(cloudWatch.total).toBe(pending);
    // The newest values remain: the first minute was dropped, the last is complete.
    const counts = cloudWatch.accepted.flatMap(({ datums }) =>
      datums.map(({ counts }) => counts[0]),
    );
    expect(counts).not.toContain(1);
    expect(counts.filter((count) => count === minutes)).toHaveLength(6);
  });

  test('drops values that are too old, or were recorded while the clock was ahead', async () => {
    const publisher = publish({ maxAttempts: 1 });
    const metric = publisher.metric({ name: 'Own' });
    const startMs = clock.now();
    cloudWatch.faults.push('unavailable', 'unavailable');
    metric.record(1);
    toNextFlush();
    await eventually(() => {
      expect(errors).toHaveLength(1);
    });
    clock.set(startMs + 30 * 86_400_000);
    metric.record(2, 5);
    toNextFlush();
    await eventually(() => {
      expect(publisher.stats()).toMatchObject({ pending: 5, dropped: { expired: 1 } });
      expect(errors.length).toBeGreaterThanOrEqual(2);
    });
    clock.set(startMs);
    metric.record(3);
    const closed = publisher.close();
    await closed;
    expect(cloudWatch.distribution('Own')).toEqual(new Map([[3, 1]]));
    expect(publisher.stats()).toMatchObject({ published: 1, dropped: { expired: 6 } });
  });

  test('sends the remaining values at close, whose promise is the same for each call', async () => {
    const publisher = publish();
    const metric = publisher.metric({ name: 'Own' });
    metric.record(1, 3);
    const closed = publisher.close();
    expect(publisher.close()).toBe(closed);
    await closed;
    expect(cloudWatch.total).toBe(3);
    expect(clock.timers).toEqual([]);
    metric.record(1);
    expect(publisher.stats()).toMatchObject({ recorded: 4, published: 3, dropped: { closed: 1 } });
  });

  test('closes at once with nothing to send', async () => {
    const publisher = publish();
    await publisher.close();
    expect(cloudWatch.arrived).toBe(0);
    expect(clock.timers).toEqual([]);
  });

  test('ends a pause at close and retries until the deadline', async () => {
    const publisher = publish({ maxAttempts: 1 });
    cloudWatch.faults.push('throttling', 'throttling', 'throttling');
    const metric = publisher.metric({ name: 'Own' });
    metric.record(1);
    const closed = publisher.close({ deadlineMs: 15_000 });
    for (const expected of [100, 200, 400]) {
      expect(await pause()).toBe(expected);
      // From close() on, the process must not end before the values are out.
      expect(clock.timers.every(({ holdsProcess, delayMs }) => holdsProcess || delayMs === 0)).toBe(
        true,
      );
      clock.advance(expected);
    }
    await closed;
    expect(publisher.stats()).toMatchObject({ published: 1, requests: 4 });
  });

  test('waits for a running flush when it closes', async () => {
    const publisher = publish();
    cloudWatch.faults.push('throttling');
    const metric = publisher.metric({ name: 'Own' });
    metric.record(1);
    toNextFlush();
    await pause();
    metric.record(2);
    await publisher.close();
    expect(cloudWatch.distribution('Own')).toEqual(
      new Map([
        [1, 1],
        [2, 1],
      ]),
    );
    expect(publisher.stats()).toMatchObject({ published: 2, pending: 0 });
  });

  test('stops at the deadline of close, and counts the lost values', async () => {
    const publisher = publish();
    cloudWatch.faults.push('silent');
    publisher.metric({ name: 'Own' }).record(1, 7);
    const closed = publisher.close({ deadlineMs: 500 });
    await eventually(() => {
      expect(cloudWatch.faults).toEqual([]);
    });
    clock.advance(500);
    await closed;
    expect(publisher.stats()).toMatchObject({ pending: 0, published: 0, dropped: { closed: 7 } });
    expect(errors.map(({ code }) => code)).toContain('ERR_MONITORING_CLOUDWATCH_VALUES_DROPPED');
    expect(clock.timers).toEqual([]);
  });

  test('is not delayed by a client that ignores the signal', async () => {
    const publisher = publish({ client: { send: () => new Promise(() => undefined) } });
    publisher.metric({ name: 'Own' }).record(1);
    const closed = publisher.close({ deadlineMs: 500 });
    clock.advance(500);
    await closed;
    expect(publisher.stats().dropped.closed).toBe(1);
  });

  test('keeps working when the listener throws', async () => {
    const publisher = publish({
      onError: () => {
        throw new Error('requested by the test');
      },
    });
    cloudWatch.faults.push('validation error');
    const metric = publisher.metric({ name: 'Own' });
    metric.record(1);
    toNextFlush();
    await delivered(publisher);
    metric.record(2);
    toNextFlush();
    await delivered(publisher);
    expect(publisher.stats()).toMatchObject({ published: 1, dropped: { refused: 1 } });
  });

  test('keeps the process alive only while it closes', () => {
    publish();
    expect(clock.timers.map(({ holdsProcess }) => holdsProcess)).toEqual([false]);
  });

  test('accounts for every value under any faults, and CloudWatch has the published ones', async () => {
    const fault = fc.constantFrom<(Fault | undefined)[]>(
      undefined,
      'throttling',
      'internal error',
      'reset',
      'validation error',
      'access denied',
    );
    const step = fc.record({
      values: fc.array(
        fc.record({
          metric: fc.integer({ min: 0, max: 4 }),
          value: fc.oneof(fc.double(), fc.double({ min: 0, max: 1e4, noNaN: true })),
          count: fc.integer({ min: 1, max: 20 }),
        }),
        { maxLength: 30 },
      ),
      faults: fc.array(fault, { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const before = cloudWatch.total;
        const publisher = publish({ maxMetrics: 4, maxAttempts: 2 });
        const metrics = Array.from({ length: 5 }, (_, index) =>
          publisher.metric({ name: `m${index}`, dimensions: { service: 'test' } }),
        );
        for (const { values, faults } of steps) {
          for (const { metric, value, count } of values) metrics[metric]?.record(value, count);
          cloudWatch.faults.push(...faults);
          toNextFlush();
          expect(balance(publisher.stats())).toBe(0);
          await settle(() => clock.timers.every(({ delayMs }) => delayMs > requestTimeoutMs));
          expect(balance(publisher.stats())).toBe(0);
        }
        let isClosed = false;
        void publisher.close({ deadlineMs: 3_600_000 }).then(() => (isClosed = true));
        await settle(() => isClosed);
        cloudWatch.faults.length = 0;
        const stats = publisher.stats();
        expect(balance(stats)).toBe(0);
        expect(stats.pending).toBe(0);
        expect(cloudWatch.total - before).toBe(stats.published);
      }),
      {
        numRuns: 40,
        // Faults that are left over until close(), which tries until its deadline: the pauses reach their longest.
        examples: [
          [
            [
              ...Array.from({ length: 3 }, () => ({
                values: [],
                faults: Array.from({ length: 3 }, () => 'throttling' as const),
              })),
              { values: [{ metric: 0, value: 1, count: 1 }], faults: ['reset', 'reset', 'reset'] },
            ],
          ],
        ],
      },
    );
  });

  test.each([
    ['intervalMs', { intervalMs: 999 }],
    ['maxMetrics', { maxMetrics: 0 }],
    ['maxQueueBytes', { maxQueueBytes: 999_999 }],
    ['maxAttempts', { maxAttempts: 0 }],
    ['requestTimeoutMs', { requestTimeoutMs: Number.NaN }],
  ])('refuses a bad %s', (name, options) => {
    expect(() => publish(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_MONITORING_INVALID_OPTION',
        message: expect.stringContaining(name) as string,
      }),
    );
  });

  test('refuses a namespace or a metric that CloudWatch would refuse', () => {
    const refused = expect.objectContaining({
      code: 'ERR_MONITORING_CLOUDWATCH_METRIC_INVALID',
    }) as Error;
    expect(() => publish({ namespace: 'AWS/EC2' })).toThrow(refused);
    expect(() => publish().metric({ name: '' })).toThrow(refused);
  });
});

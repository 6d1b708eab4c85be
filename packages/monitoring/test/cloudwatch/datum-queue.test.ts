import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { datumBytes } from '../../src/cloudwatch/datum-bytes.ts';
import { DatumQueue, totalOf } from '../../src/cloudwatch/datum-queue.ts';
import type { QueuedDatum } from '../../src/cloudwatch/datum-queue.ts';

const datum = fc.record({
  MetricName: fc.stringMatching(/^[ -~]{1,255}$/),
  Unit: fc.constantFrom('Count' as const, 'Gigabytes/Second' as const),
  Timestamp: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  Dimensions: fc.array(
    fc.record({
      Name: fc.stringMatching(/^[ -~]{1,60}$/),
      Value: fc.stringMatching(/^[ -~]{1,90}$/),
    }),
    { maxLength: 30 },
  ),
  Values: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 150 }),
  Counts: fc.array(fc.maxSafeNat(), { maxLength: 150 }),
});

/** The body that the AWS Query protocol has for one datum, at the place where it is longest. */
function queryForm({ MetricName = '', Unit, Timestamp, Dimensions, Values, Counts }: MetricDatum) {
  const at = '&MetricData.member.1000.';
  const field = (key: string, value: string) => `${at}${key}=${encodeURIComponent(value)}`;
  return [
    field('MetricName', MetricName),
    field('Unit', Unit ?? ''),
    field('Timestamp', Timestamp?.toISOString() ?? ''),
    ...(Dimensions ?? []).flatMap(({ Name = '', Value = '' }, index) => [
      field(`Dimensions.member.${index + 1}.Name`, Name),
      field(`Dimensions.member.${index + 1}.Value`, Value),
    ]),
    ...(Values ?? []).map((value, index) => field(`Values.member.${index + 1}`, String(value))),
    ...(Counts ?? []).map((count, index) => field(`Counts.member.${index + 1}`, String(count))),
  ].join('');
}

describe('datumBytes', () => {
  test('is never less than the size of a datum, as JSON or in the Query protocol', () => {
    fc.assert(
      fc.property(datum, (one) => {
        const bytes = datumBytes(one);
        expect(bytes).toBeGreaterThanOrEqual(JSON.stringify(one).length + 1);
        expect(bytes).toBeGreaterThanOrEqual(queryForm(one).length);
      }),
    );
  });
});

function queued(total: number, bytes: number, timestampMs = 0): QueuedDatum {
  return { datum: { MetricName: `m${total}` }, timestampMs, total, bytes };
}

describe('DatumQueue', () => {
  test('returns requests of at most 1000 datums and 1 MB, in order, without a loss', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400_000 }), { maxLength: 60 }), (sizes) => {
        const queue = new DatumQueue(Infinity);
        const datums = sizes.map((bytes, index) => queued(index, bytes));
        expect(queue.append(datums)).toBe(0);
        const taken: QueuedDatum[] = [];
        while (!queue.isEmpty) {
          const request = queue.takeRequest();
          expect(request.length).toBeGreaterThan(0);
          expect(request.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(1e6);
          taken.push(...request);
        }
        expect(taken).toEqual(datums);
      }),
    );
    const queue = new DatumQueue(Infinity);
    queue.append(Array.from({ length: 2500 }, () => queued(1, 10)));
    expect([queue, queue, queue].map((one) => one.takeRequest().length)).toEqual([1000, 1000, 500]);
  });

  test('drops the oldest datums above the maximum bytes, and returns the number of dropped values', () => {
    const queue = new DatumQueue(100);
    expect(queue.append([queued(1, 40), queued(2, 40)])).toBe(0);
    expect(queue.append([queued(4, 40)])).toBe(1);
    const taken = queue.takeRequest();
    expect(totalOf(taken)).toBe(6);
    expect(queue.append([queued(8, 40)])).toBe(0);
    // The datums put back are older than those added since.
    expect(queue.putBack(taken)).toBe(2);
    expect(queue.takeRequest().map(({ total }) => total)).toEqual([4, 8]);
  });

  test('drops datums older than two weeks or more than two hours ahead', () => {
    const queue = new DatumQueue(1000);
    const nowMs = 1e12;
    const twoWeeks = 14 * 86_400_000;
    const twoHours = 7_200_000;
    queue.append([
      queued(1, 1, nowMs - twoWeeks - 1),
      queued(2, 1, nowMs - twoWeeks),
      queued(4, 1, nowMs + twoHours),
      queued(8, 1, nowMs + twoHours + 1),
    ]);
    expect(queue.dropExpired(nowMs)).toBe(9);
    expect(queue.total).toBe(6);
    expect(queue.clear()).toBe(6);
    expect(queue.isEmpty).toBe(true);
  });
});

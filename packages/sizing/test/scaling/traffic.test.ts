import { generateDay, readTraffic } from '@fairlead/sizing';
import { describe, expect, it } from 'vitest';

describe('generateDay', () => {
  it('the same seed gives the same day, another seed another one', () => {
    const day = (seed: number) => generateDay({ peakPerSecond: 100, seed }).rates;
    expect(day(1)).toEqual(day(1));
    expect(day(1)).not.toEqual(day(2));
  });

  it('the night has its share, the afternoon the peak, and bursts come on top', () => {
    const { rates } = generateDay({ peakPerSecond: 1_000, nightShare: 0.1, bursts: 0 });
    const mean = (hour: number): number =>
      rates.slice(hour * 360, (hour + 1) * 360).reduce((sum, rate) => sum + rate, 0) / 360;
    expect(mean(3)).toBeGreaterThan(90);
    expect(mean(3)).toBeLessThan(130);
    expect(mean(15)).toBeGreaterThan(980);
    const burst = generateDay({ peakPerSecond: 1_000, nightShare: 0.1, bursts: 6, burstFactor: 3 });
    expect(Math.max(...burst.rates)).toBeGreaterThan(Math.max(...rates) * 1.5);
  });

  it.each([
    [{ peakPerSecond: 0 }, 'peakPerSecond must be'],
    [{ peakPerSecond: 1, nightShare: 2 }, 'nightShare must be'],
    [{ peakPerSecond: 1, burst: 2 }, 'Did you mean `bursts`?'],
  ])('rejects %j', (options, message) => {
    expect(() => generateDay(options)).toThrow(message);
  });
});

describe('readTraffic', () => {
  it('reads times in ISO 8601, other separators, a byte order mark and a head line', () => {
    const csv = '\uFEFFtime;rate\r\n2026-11-30T08:00:00Z;10\r\n2026-11-30T08:00:20Z;30.5\r\n\r\n';
    expect(readTraffic(csv)).toEqual({ stepSeconds: 10, rates: [10, 10, 30.5, 30.5] });
    expect(readTraffic('0\t1\n10\t2\n').rates).toEqual([1, 2]);
  });

  it.each([
    ['', 'fewer than two lines'],
    ['time,rate\n0,1\n', 'fewer than two lines'],
    ['0,1\nnoon,2\n', 'line 2 has no time: "noon,2"'],
    ['0,1\n10,-2\n', 'line 2 has no requests a second from 0 to 10,000,000: "10,-2"'],
    ['0,1\n10,\n', 'line 2 has no requests a second'],
    ['0,1\n10,1\n10,1\n', 'the time of line 3 is not after'],
    ['0,1\n99999999,1\n', 'longer than 31 days'],
  ])('rejects %j', (csv, message) => {
    expect(() => readTraffic(csv)).toThrow(
      expect.objectContaining({
        code: 'ERR_SIZING_TRAFFIC_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

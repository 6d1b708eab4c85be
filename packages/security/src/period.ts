/**
 * Period of a counter: milliseconds from its first request on, or the calendar day or month in UTC.
 */
export type Period = number | 'day' | 'month';

const DAY_MS = 86_400_000;

/**
 * Returns the end of the period that begins now, or contains now.
 *
 * @param now - milliseconds since the epoch
 */
export function periodEnd(period: Period, now: number): number {
  if (typeof period === 'number') return now + period;
  if (period === 'day') return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/** Describes a period in a message: `60 s`, `a day` or `a month`. */
export function describePeriod(period: Period): string {
  return typeof period === 'number' ? `${Math.ceil(period / 1000)} s` : `a ${period}`;
}

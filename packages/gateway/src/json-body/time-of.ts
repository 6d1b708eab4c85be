import { describeValue } from '@fairlead/signature';
import { BodyProblem } from './read-json-body.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/;

/**
 * Milliseconds since the epoch, from such a number or a time in ISO 8601 with its time zone.
 *
 * @throws BodyProblem with 400 naming the place
 */
export function timeOf(value: unknown, place: string): number {
  if (typeof value === 'number') return value;
  const time = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new BodyProblem(
    400,
    `${place}: expected milliseconds since the epoch, or a time such as "2026-11-28T16:00:00Z", found ${describeValue(value)}`,
  );
}

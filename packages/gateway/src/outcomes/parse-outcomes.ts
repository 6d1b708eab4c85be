import { closestName, describeValue } from '@fairlead/signature';
import { BodyProblem } from '../json-body/read-json-body.ts';
import { timeOf } from '../json-body/time-of.ts';

/** Outcomes of one request. */
export const MAX_OUTCOMES = 10_000;
/** Longest routing key, in characters. */
export const MAX_KEY_LENGTH = 1024;
/** Longest name of a metric. */
export const MAX_METRIC_LENGTH = 64;
/** Largest value, whose square can be added up for any number of users. */
export const MAX_VALUE = 1e12;
/** Clocks of clients may be ahead by a day. */
const MAX_AHEAD_MS = 86_400_000;

const MEMBERS = ['model', 'key', 'metric', 'value', 'at'] as const;

/** An outcome of a user of a model. */
export interface ModelOutcome {
  readonly model: string;
  /** Routing key of the user. */
  readonly key: string;
  readonly metric: string;
  readonly value: number;
  /** Time in milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Reads the outcomes of a body `{"outcomes":[{"model":"churn","key":"user-7","metric":"conversion","value":1,"at":"2026-11-28T16:00:00Z"}]}`; an outcome without a time has
 * happened `now`.
 *
 * @throws BodyProblem with 400 or 413 naming the position
 */
export function parseOutcomes(body: unknown, now: number): readonly ModelOutcome[] {
  const { outcomes, ...others } = Object(body) as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (outcomes === undefined || other !== undefined) {
    throw invalid('the body', 'an object with a list "outcomes" and nothing else', body);
  }
  if (!Array.isArray(outcomes)) throw invalid('outcomes', 'a list', outcomes);
  if (outcomes.length > MAX_OUTCOMES) {
    throw new BodyProblem(
      413,
      `the body has ${outcomes.length} outcomes, and may have ${MAX_OUTCOMES}: send them in several requests`,
    );
  }
  return outcomes.map((each, index) => parseOutcome(each, `outcomes[${index}]`, now));
}

function parseOutcome(given: unknown, place: string, now: number): ModelOutcome {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid(place, 'an object', given);
  }
  const known: readonly string[] = MEMBERS;
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownMember(place, unknown, known);
  const { model, key, metric, value, at } = given as Readonly<Record<string, unknown>>;
  if (typeof value !== 'number' || !(Math.abs(value) <= MAX_VALUE)) {
    throw invalid(`${place}.value`, `a number from -1e12 to 1e12`, value);
  }
  return {
    model: textOf(model, `${place}.model`, MAX_KEY_LENGTH),
    key: textOf(key, `${place}.key`, MAX_KEY_LENGTH),
    metric: textOf(metric, `${place}.metric`, MAX_METRIC_LENGTH),
    value,
    at: at === undefined ? now : checkTime(timeOf(at, `${place}.at`), `${place}.at`, now),
  };
}

function unknownMember(place: string, name: string, known: readonly string[]): BodyProblem {
  const meant = closestName(name, known);
  const hint =
    name === 'request_id'
      ? '; outcomes belong to the user: send the routing key as "key".'
      : meant === undefined
        ? '.'
        : `; did you mean "${meant}"?`;
  return new BodyProblem(
    400,
    `${place}: unknown member ${describeValue(name)}${hint} Known are ${known.join(', ')}`,
  );
}

function textOf(value: unknown, place: string, maxLength: number): string {
  if (typeof value === 'string' && value !== '' && value.length <= maxLength) return value;
  throw invalid(place, `a text of 1 to ${maxLength} characters`, value);
}

function checkTime(at: number, place: string, now: number): number {
  if (Number.isSafeInteger(at) && at >= 0 && at <= now + MAX_AHEAD_MS) return at;
  throw invalid(place, 'a time of at most a day from now', at);
}

function invalid(place: string, expected: string, value: unknown): BodyProblem {
  return new BodyProblem(400, `${place}: expected ${expected}, found ${describeValue(value)}`);
}

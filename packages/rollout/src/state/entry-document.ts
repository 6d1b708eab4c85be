import { randomUUID } from 'node:crypto';
import { describeValue } from '@fairlead/signature';
import { readPlan, type RolloutPlanInput } from '../plan/read-plan.ts';
import { RolloutError } from '../rollout-error.ts';
import type { RolloutEntry, RolloutResult } from './rollout-entry.ts';

/** Name and version of the format of a stored entry. */
const FORMAT = 'fairlead-rollout-entry';
const FORMAT_VERSION = 1;

/** A stored entry has at most so many bytes. */
export const MAX_ENTRY_BYTES = 1024 * 1024;

const RESULTS: readonly RolloutResult[] = [
  'promoted',
  'rolled back',
  'undecided',
  'aborted',
  'passed',
];

/** Encodes an entry; the nonce makes the objects of several writers distinct, so that a store knows which one it created. */
export function encodeEntry(entry: RolloutEntry): Uint8Array {
  const document = { format: FORMAT, formatVersion: FORMAT_VERSION, ...entry, nonce: randomUUID() };
  return new TextEncoder().encode(JSON.stringify(document));
}

/**
 * Decodes and checks a stored entry; `key` names it in messages.
 *
 * @throws RolloutError `ERR_ROLLOUT_STATE_INVALID`
 */
export function parseEntry(bytes: Uint8Array, key: string): RolloutEntry {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidEntry(key, 'it is not JSON in UTF-8', cause);
  }
  const fields = Object(document) as Readonly<Record<string, unknown>>;
  const require = <T>(name: string, check: (value: unknown) => value is T): T => {
    const value = fields[name];
    if (check(value)) return value;
    throw invalidEntry(key, `${name} is ${describeValue(value)}`);
  };
  require('format', (value): value is string => value === FORMAT);
  require('formatVersion', (value): value is number => value === FORMAT_VERSION);
  const shared = {
    at: require('at', isTime),
    actor: require('actor', isText),
    reason: require('reason', isText),
  };
  const type = require('type', isText);
  switch (type) {
    case 'started':
      return { type, ...shared, plan: parsePlan(fields.plan, key) };
    case 'step':
      return { type, ...shared, step: require('step', isTime) };
    case 'paused':
    case 'resumed':
    case 'promoting':
      return { type, ...shared };
    case 'verdict':
      return {
        type,
        ...shared,
        decision: require('decision', (value): value is 'hold' | 'insufficient data' =>
          value === 'hold' || value === 'insufficient data'),
      };
    case 'ended':
      return {
        type,
        ...shared,
        result: require('result', (value): value is RolloutResult =>
          RESULTS.some((each) => each === value)),
      };
    default:
      throw invalidEntry(key, `type is ${describeValue(type)}`);
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

function parsePlan(plan: unknown, key: string): ReturnType<typeof readPlan> {
  try {
    return readPlan(plan as RolloutPlanInput);
  } catch (cause) {
    throw invalidEntry(key, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Error for a stored entry that this release can't read. */
export function invalidEntry(key: string, problem: string, cause?: unknown): RolloutError {
  return new RolloutError(
    'ERR_ROLLOUT_STATE_INVALID',
    `${key}: ${problem.replace(/\.$/, '')}. It was damaged, or a later release wrote it.`,
    { cause },
  );
}

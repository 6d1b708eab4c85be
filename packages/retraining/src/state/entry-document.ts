import { describeValue } from '@fairlead/signature';
import { parsePolicy } from './policy-log.ts';
import type { RetrainingTrigger } from '../policy/retraining-policy.ts';
import type { AttemptEntry, AttemptResult } from './attempt-entry.ts';
import {
  encodeDocument,
  invalidDocument,
  isText,
  isWhole,
  parseDocument,
} from './stored-document.ts';

const FORMAT = 'fairlead-retraining-entry';

const RESULTS: readonly AttemptResult[] = [
  ...(['promoted', 'pushed', 'rejected', 'rolled back', 'failed', 'aborted'] as const),
];
const TRIGGERS: readonly (RetrainingTrigger | 'manual')[] = [
  ...(['schedule', 'drift', 'performance', 'labels', 'manual'] as const),
];

/** Encodes an entry. */
export function encodeEntry(entry: AttemptEntry): Uint8Array {
  return encodeDocument(FORMAT, entry);
}

/**
 * Decodes and checks a stored entry; `key` names it in messages.
 *
 * @throws RetrainingError `ERR_RETRAINING_STATE_INVALID`
 */
export function parseEntry(bytes: Uint8Array, key: string): AttemptEntry {
  const { fields, require } = parseDocument(bytes, FORMAT, key);
  const shared = {
    at: require('at', isWhole),
    actor: require('actor', isText),
    reason: require('reason', isText),
  };
  const lease = () => ({ driver: require('driver', isText), until: require('until', isWhole) });
  const type = require('type', isText);
  switch (type) {
    case 'requested':
      return {
        ...{ type, ...shared, ...lease(), policy: parsePolicy(fields.policy, key) },
        trigger: require('trigger', isOneOf(TRIGGERS)),
        parent: require('parent', isWhole),
      };
    case 'driven':
      return { type, ...shared, ...lease() };
    case 'dataset':
      return {
        ...{ type, ...shared, sha256: require('sha256', isHash), rows: require('rows', isWhole) },
        since: require('since', isWhole),
        until: require('until', isWhole),
      };
    case 'training':
      return {
        ...{ type, ...shared },
        runner: require('runner', isText),
        token: require('token', isText),
      };
    case 'trained':
      return { type, ...shared, sha256: require('sha256', isHash) };
    case 'pushed':
      return { type, ...shared, version: require('version', isWhole) };
    case 'rollout':
      return { type, ...shared, number: require('number', isWhole) };
    case 'ended':
      return { type, ...shared, result: require('result', isOneOf(RESULTS)) };
    default:
      throw invalidDocument(key, `type is ${describeValue(type)}`);
  }
}

const isHash = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isOneOf =
  <T extends string>(values: readonly T[]) =>
  (value: unknown): value is T =>
    values.some((each) => each === value);

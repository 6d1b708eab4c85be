import { randomUUID } from 'node:crypto';
import { describeValue } from '@fairlead/signature';
import { DriftError } from '../drift-error.ts';
import type { DriftCheck } from '../rules/drift-check.ts';
import type { DriftedFeature, DriftVerdict, VerdictColumn } from './drift-verdict.ts';

/** Name and version of the format of a stored verdict. */
const FORMAT = 'fairlead-drift-verdict';
const FORMAT_VERSION = 1;

/** A stored verdict has at most so many bytes. */
export const MAX_VERDICT_BYTES = 16 * 1024 * 1024;

/** Encodes a verdict; the nonce makes the objects of several judges distinct, so that a store knows which one it created. */
export function encodeVerdict(verdict: DriftVerdict): Uint8Array {
  const document = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    ...verdict,
    nonce: randomUUID(),
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

/**
 * Decodes and checks a stored verdict; `key` names it in messages.
 *
 * @throws DriftError `ERR_DRIFT_VERDICT_INVALID`
 */
export function parseVerdict(bytes: Uint8Array, key: string): DriftVerdict {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidVerdict(key, 'it is not JSON in UTF-8', cause);
  }
  const { format, formatVersion, ...record } = Object(document) as Fields;
  const require = <T>(path: string, value: unknown, check: (value: unknown) => value is T): T => {
    if (check(value)) return value;
    throw invalidVerdict(key, `${path} is ${describeValue(value)}`);
  };
  require('format', format, (value) => value === FORMAT);
  require('formatVersion', formatVersion, (value) => value === FORMAT_VERSION);
  const summary = Object(record.summary) as Fields;
  const columns = (path: 'drifted' | 'began' | 'ended'): readonly Fields[] =>
    require(path, record[path], isList).map((each, index) => {
      const column = Object(each) as Fields;
      require(`${path}[${index}].name`, column.name, isText);
      require(`${path}[${index}].role`, column.role, isRole);
      return column;
    });
  const names = (path: 'began' | 'ended'): readonly VerdictColumn[] =>
    columns(path).map(({ name, role }) => ({ name, role }) as VerdictColumn);
  const count = (name: string): number => require(`summary[${name}]`, summary[name], isInteger);
  return {
    model: require('model', record.model, isText),
    version: require('version', record.version, isText),
    baseline: require('baseline', record.baseline, isText),
    from: require('from', record.from, isInteger),
    to: require('to', record.to, isInteger),
    status: require('status', record.status, isStatus),
    summary: {
      drift: count('drift'),
      ok: count('ok'),
      'insufficient data': count('insufficient data'),
    },
    drifted: columns('drifted').map(
      ({ name, role, since, checks, explanation }, index): DriftedFeature => ({
        name: name as string,
        role: role as DriftedFeature['role'],
        since: require(`drifted[${index}].since`, since, isInteger),
        checks: require(`drifted[${index}].checks`, checks, isTexts) as readonly DriftCheck[],
        explanation: require(`drifted[${index}].explanation`, explanation, isText),
      }),
    ),
    began: names('began'),
    ended: names('ended'),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string';
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isTexts = (value: unknown): value is readonly string[] =>
  isList(value) && value.every(isText);
const isRole = (value: unknown): value is DriftedFeature['role'] =>
  value === 'feature' || value === 'output';
const isStatus = (value: unknown): value is DriftVerdict['status'] =>
  value === 'drift' || value === 'ok' || value === 'insufficient data';

function invalidVerdict(key: string, problem: string, cause?: unknown): DriftError {
  const message = `${key}: ${problem}, which no verdict on drift has. Remove the object.`;
  return new DriftError('ERR_DRIFT_VERDICT_INVALID', message, { cause });
}

import { expect, test } from 'vitest';
import { aliasEntryFields } from '../../src/aliases/alias-entry.ts';
import { checkEvent } from '../../src/events/model-event.ts';
import { checkRecord } from '../../src/records/check-record.ts';

const KEY = 'models/digits/aliases/champion/00000002.json';
const SHA256 = 'a'.repeat(64);

const entry = {
  formatVersion: 1,
  model: 'digits',
  alias: 'champion',
  number: 2,
  version: 7,
  previous: 3,
  action: 'set',
  actor: 'ana',
  gates: { event: 1, results: [{ gate: 'accuracy >= 0.9', passed: true, found: '0.97' }] },
  at: '2026-11-28T04:22:43.001Z',
  nonce: 'n',
  versionSeal: SHA256,
  previousSeal: SHA256,
  seal: SHA256,
};

const event = {
  formatVersion: 1,
  model: 'digits',
  number: 1,
  type: 'measured',
  data: { name: 'p99Ms', value: 3 },
  actor: 'ana',
  at: '2026-11-28T04:22:43Z',
  nonce: 'n',
  previousSeal: null,
  seal: SHA256,
};

test('an entry is valid with and without optional fields and fields of later releases', () => {
  const full = { ...entry, restores: 1, reason: 'better', later: { anything: [1] } };
  expect(checkRecord(KEY, aliasEntryFields, full)).toBe(full);
  const first = { ...entry, gates: undefined, number: 1, previous: null, previousSeal: null };
  expect(checkRecord(KEY, aliasEntryFields, first)).toBe(first);
});

test.each([
  [{ model: undefined }, 'model: expected a text, it is missing'],
  [{ actor: '' }, 'actor: expected a text, got ""'],
  [{ number: 0 }, 'number: expected an integer from 1 up, got 0'],
  [{ version: 1.5 }, 'version: expected an integer from 1 up, got 1.5'],
  [{ version: 2n ** 60n }, 'version: expected an integer from 1 up, got bigint'],
  [{ previous: '3' }, 'previous: expected an integer from 1 up, got "3"'],
  [{ action: 'move' }, 'action: expected "set" or "rollback", got "move"'],
  [{ restores: null }, 'restores: expected an integer from 1 up, got null'],
  [{ at: 'yesterday' }, 'at: expected an ISO 8601 time that ends in Z, got "yesterday"'],
  [
    { at: '2026-02-30T00:00:00Z' },
    'at: expected an ISO 8601 time that ends in Z, got "2026-02-30T00:00:00Z"',
  ],
  [
    { at: '2026-02-03T04:05:06+01:00' },
    'at: expected an ISO 8601 time that ends in Z, got "2026-02-03T04:05:06+01:00"',
  ],
  [
    { seal: SHA256.toUpperCase() },
    `seal: expected 64 lower-case hexadecimal digits, got "${SHA256.toUpperCase()}"`,
  ],
  [{ gates: [] }, 'gates: expected an object, got an array'],
  [{ gates: { event: 1, results: {} } }, 'gates.results: expected a list, got object'],
  [
    { gates: { event: 1, results: [{ gate: 'a', passed: 'yes', found: '' }] } },
    'gates.results[0].passed: expected true or false, got "yes"',
  ],
  [{ formatVersion: '1' }, 'formatVersion: expected 1, got "1"'],
])('an entry with %o is rejected', (change, problem) => {
  expect(() => checkRecord(KEY, aliasEntryFields, { ...entry, ...change })).toThrow(
    expect.objectContaining({
      code: 'ERR_REGISTRY_INVALID_MANIFEST',
      message: `${KEY} is invalid: ${problem}`,
    }),
  );
});

test.each([[null], ['text'], [[entry]]])('%o is not an entry', (record) => {
  expect(() => checkRecord(KEY, aliasEntryFields, record)).toThrow(
    `${KEY} is invalid: expected an object`,
  );
});

test('an entry of a newer format is reported before its fields are checked', () => {
  expect(() => checkRecord(KEY, aliasEntryFields, { formatVersion: 2 })).toThrow(
    expect.objectContaining({ code: 'ERR_REGISTRY_UNSUPPORTED_FORMAT' }),
  );
});

test('large integers in the data of an event are read as the nearest double', () => {
  const data = { value: 2n ** 60n, list: [{ deep: 2n ** 61n }] };
  expect(checkEvent(KEY, { ...event, data }).data).toEqual({
    value: 2 ** 60,
    list: [{ deep: 2 ** 61 }],
  });
});

test('data nested more than 100 levels deep is rejected', () => {
  let data: unknown = 1;
  for (let depth = 0; depth < 101; depth += 1) data = [data];
  expect(() => checkEvent(KEY, { ...event, data: { data } })).toThrow(
    'data.data: expected JSON: finite numbers, nested at most 100 deep, got an array',
  );
});

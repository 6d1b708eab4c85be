import crypto, { createHmac } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import {
  ApiKeySet,
  createApiKey,
  parseApiKeys,
  SecurityError,
  type ApiKeyRecord,
  type Identity,
} from '../src/index.ts';
import { keySet, pepper } from './support/keys.ts';

const base = { pepper, client: 'acme', scopes: ['infer:digits'] } as const;
const inAnHour = new Date(Date.now() + 3_600_000);

function errorOf(action: () => unknown): SecurityError {
  try {
    action();
  } catch (error) {
    if (error instanceof SecurityError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

describe('createApiKey', () => {
  it('returns the key once and a record that does not contain its secret', () => {
    const { key, record } = createApiKey({ ...base, expiresAt: inAnHour, limit: 5 });
    expectTypeOf(record).toEqualTypeOf<ApiKeyRecord>();
    expect(key).toMatch(/^fl_[0-9a-z]{12}_[0-9A-Za-z]{43}$/);
    expect(record).toEqual({
      id: key.slice(3, 15),
      client: 'acme',
      digest: createHmac('sha256', pepper).update(key).digest('base64url'),
      pepperId: createHmac('sha256', pepper).update('pepper').digest('base64url').slice(0, 12),
      scopes: ['infer:digits'],
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      expiresAt: inAnHour.toISOString(),
      limit: 5,
    });
    expect(JSON.stringify(record)).not.toContain(key.slice(16));
  });

  it('never creates the same key twice, and uses its whole alphabet', () => {
    const keys = Array.from({ length: 300 }, () => createApiKey(base).key);
    expect(new Set(keys).size).toBe(300);
    expect(new Set(keys.map((key) => key.slice(3, 15))).size).toBe(300);
    expect(new Set(keys.map((key) => key.slice(16)).join('')).size).toBe(62);
  });

  it.each([
    ['client', { client: '' }],
    ['client', { client: '__proto__' }],
    ['client', { client: 'a\nb' }],
    ['scopes', { scopes: ['__proto__'] }],
    ['scopes', { scopes: ['infer:__proto__'] }],
    ['scopes', { scopes: ['infer:'] }],
    ['scopes', { scopes: ['*'] }],
    ['scopes', { scopes: ['infer:a b'] }],
    ['scopes', { scopes: ['infer:*x'] }],
    ['limit', { limit: 0 }],
    ['limit', { limit: 1.5 }],
    ['expiresAt', { expiresAt: new Date(Number.NaN) }],
  ])('refuses a wrong %s: %j', (field, wrong) => {
    const error = errorOf(() => createApiKey({ ...base, ...wrong }));
    expect(error).toMatchObject({ code: 'ERR_SECURITY_KEYS', status: 500, expose: false });
    expect(error.message).toContain(`key.${field}: expected`);
  });

  it('refuses a short pepper without repeating it', () => {
    const error = errorOf(() => createApiKey({ ...base, pepper: 'PLANTED' }));
    expect(error.code).toBe('ERR_SECURITY_INVALID_OPTION');
    expect(error.message).toContain('openssl rand');
    expect(error.message).not.toContain('PLANTED');
  });
});

describe('ApiKeySet', () => {
  it('stores the HMAC-SHA-256 that other tools compute, for any length of the pepper', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 200 }), (bytes) => {
        const { key, record } = createApiKey({ ...base, pepper: bytes });
        expect(record.digest).toBe(createHmac('sha256', bytes).update(key).digest('base64url'));
        expect(new ApiKeySet({ pepper: bytes, records: [record] }).verify(key)).toBeDefined();
      }),
    );
  });

  it('verifies its keys and returns their identities', () => {
    const { keys, set } = keySet(
      { client: 'acme', scopes: ['admin', 'infer:*'], limit: 7 },
      { client: 'other' },
    );
    expectTypeOf(set.verify('')).toEqualTypeOf<Identity | undefined>();
    const [acme = '', other = ''] = keys;
    expect(set.verify(acme)).toEqual({
      keyId: acme.slice(3, 15),
      client: 'acme',
      scopes: new Set(['admin', 'infer:*']),
      limit: 7,
    });
    expect(set.verify(other)?.client).toBe('other');
  });

  it('refuses a key with any changed character', () => {
    const { keys, set } = keySet({});
    const [key = ''] = keys;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: key.length - 1 }),
        fc.string({ unit: 'binary', minLength: 0, maxLength: 2 }),
        (index, replacement) => {
          const changed = key.slice(0, index) + replacement + key.slice(index + 1);
          fc.pre(changed !== key);
          expect(set.verify(changed)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    '',
    'fl_',
    '__proto__',
    'constructor',
    'fl_constructor_x',
    `fl___proto_____${'a'.repeat(43)}`,
    `fl_${'a'.repeat(12)}_${'a'.repeat(43)}`,
    `FL_${'a'.repeat(12)}_${'a'.repeat(43)}`,
    `fl_${'A'.repeat(12)}_${'a'.repeat(43)}`,
    `fl_${'a'.repeat(12)}_${'-'.repeat(43)}`,
    `fl_${'a'.repeat(12)}_${'\u00e9'.repeat(43)}`,
    `fl_${'a'.repeat(12)}_${'a'.repeat(43)}\n`,
    'x'.repeat(100_000),
  ])('refuses %j', (key) => {
    expect(keySet({}).set.verify(key)).toBeUndefined();
  });

  it('refuses a key with another pepper, another id or another secret', () => {
    const { keys, set } = keySet({}, {});
    const [first = '', second = ''] = keys;
    expect(set.verify(first.slice(0, 16) + second.slice(16))).toBeUndefined();
    const { key, record } = createApiKey(base);
    // One other key of the set has its pepper.
    const lower = pepper.toLowerCase();
    const own = createApiKey({ ...base, pepper: lower, client: 'own' });
    const other = new ApiKeySet({ pepper: lower, records: [record, own.record] });
    expect(other.verify(key)).toBeUndefined();
    expect(other.verify(own.key)?.client).toBe('own');
  });

  it('rejects records of which none was created with its pepper, and accepts those of version 0.1', () => {
    const records = [createApiKey(base).record, createApiKey({ ...base, client: 'b' }).record];
    const open = (pepperOfSet: string, given: readonly ApiKeyRecord[]) =>
      new ApiKeySet({ pepper: pepperOfSet, records: given });
    const error = errorOf(() => open(pepper.toLowerCase(), records));
    expect(error.code).toBe('ERR_SECURITY_KEYS');
    expect(error.message).toContain('all were created with another pepper');
    expect(error.message).not.toContain(pepper);
    const { set } = keySet({});
    const elsewhere = createApiKey({ ...base, pepper: pepper.toLowerCase() }).record;
    expect(
      errorOf(() => {
        set.replace([elsewhere]);
      }).message,
    ).toBe(error.message);
    const old = records.map(({ pepperId, ...record }) => record);
    expect(() => open(pepper.toLowerCase(), old)).not.toThrow();
    expect(errorOf(() => open(pepper, [{ ...elsewhere, pepperId: 'x' }])).message).toContain(
      'keys[0].pepperId',
    );
  });

  it('refuses a key from the moment it expires', () => {
    let now = Date.parse('2030-01-01T00:00:00Z');
    const clock = (): number => now;
    const { key, record } = createApiKey({ ...base, expiresAt: new Date(now + 1000), now: clock });
    const set = new ApiKeySet({ pepper, records: [record], now: clock });
    now += 998;
    expect(set.verify(key)?.client).toBe('acme');
    now += 1;
    expect(set.verify(key)?.client).toBe('acme');
    now += 1;
    expect(set.verify(key)).toBeUndefined();
  });

  it('does the same work for a wrong, an unknown and an expired key, and less for a right one that was verified before', () => {
    const past = new Date(Date.now() - 1000);
    const { keys, set } = keySet({}, { expiresAt: past });
    const [right = '', expired = ''] = keys;
    const wrong = right.slice(0, -1) + (right.endsWith('a') ? 'b' : 'a');
    const unknown = createApiKey(base).key;
    const hashing = vi.spyOn(crypto, 'hash');
    const compare = vi.spyOn(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    onTestFinished(() => {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    });
    for (const key of [right, wrong, unknown, expired]) {
      hashing.mockClear();
      compare.mockClear();
      expect(set.verify(key) !== undefined).toBe(key === right);
      // One to look for it among those that were verified; an HMAC is two more.
      expect(hashing).toHaveBeenCalledTimes(3);
      expect(compare).toHaveBeenCalledTimes(1);
      expect(compare.mock.calls[0]?.map((side) => side.byteLength)).toEqual([32, 32]);
    }
    hashing.mockClear();
    expect(set.verify(right)?.client).toBe('client-0');
    expect(hashing).toHaveBeenCalledTimes(1);
  });

  it('allows two keys per client for rotation, and not three', () => {
    const [first, second, third] = [createApiKey(base), createApiKey(base), createApiKey(base)];
    const expired = createApiKey({ ...base, expiresAt: new Date(Date.now() - 1) });
    const records = [first.record, expired.record, second.record];
    const set = new ApiKeySet({ pepper, records });
    expect(set.verify(first.key)?.client).toBe('acme');
    expect(set.verify(second.key)?.client).toBe('acme');
    const error = errorOf(() => new ApiKeySet({ pepper, records: [...records, third.record] }));
    expect(error.message).toMatch(/^keys\[3\]: client acme has more than 2 keys/);
  });

  it('replaces its keys at once, or not at all', () => {
    const { keys, set } = keySet({});
    const [old = ''] = keys;
    const { key, record } = createApiKey(base);
    expect(() => {
      set.replace([record, record]);
    }).toThrow(/occurs twice/);
    expect(set.verify(old)).toBeDefined();
    expect(set.verify(key)).toBeUndefined();
    set.replace([record]);
    expect(set.verify(old)).toBeUndefined();
    expect(set.verify(key)).toBeDefined();
  });
});

describe('parseApiKeys', () => {
  const { key, record } = createApiKey({ ...base, expiresAt: inAnHour });

  it('reads back the records of createApiKey', () => {
    const records = parseApiKeys(JSON.stringify({ keys: [record] }));
    expect(records).toEqual([record]);
    expect(new ApiKeySet({ pepper, records }).verify(key)?.client).toBe('acme');
  });

  it.each([
    ['not valid JSON', `{"keys": ["${key}"`],
    ['must be {"keys": [ … ]}', '[]'],
    ['must be {"keys": [ … ]}', 'null'],
    ['must be {"keys": [ … ]}', '{"keys": {}}'],
    ['keys[0]: expected an object', JSON.stringify({ keys: [key] })],
    ['keys[0]: expected an object', '{"keys": [null]}'],
    ['keys[1].digest', JSON.stringify({ keys: [record, { ...record, digest: key }] })],
    ['keys[0].id', JSON.stringify({ keys: [{ ...record, id: key }] })],
    ['keys[0].scopes', JSON.stringify({ keys: [{ ...record, scopes: 'admin' }] })],
    ['keys[0].scopes', JSON.stringify({ keys: [{ ...record, scopes: [['admin']] }] })],
    [
      'keys[0].expiresAt',
      JSON.stringify({ keys: [{ ...record, expiresAt: '2030-02-31T00:00:00Z' }] }),
    ],
    ['keys[0].expiresAt', JSON.stringify({ keys: [{ ...record, expiresAt: '2030-02-01' }] })],
    ['keys[0].expiresAt', JSON.stringify({ keys: [{ ...record, expiresAt: null }] })],
    ['keys[0].limit', JSON.stringify({ keys: [{ ...record, limit: '5' }] })],
    ['unknown field "expires"', JSON.stringify({ keys: [{ ...record, expires: 'never' }] })],
    ['unknown field "__proto__"', '{"keys": [{"__proto__": {"id": "x"}}]}'],
  ])('says %s and repeats no value', (message, json) => {
    const error = errorOf(() => parseApiKeys(json));
    expect(error.code).toBe('ERR_SECURITY_KEYS');
    expect(error.message).toContain(message);
    expect(error.message).not.toContain(key.slice(16));
    expect(error.cause).toBeUndefined();
  });

  it('either refuses a file or returns records that form a set', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(...Object.values<unknown>({ ...record })),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(record), 'x'), value), (fields) => {
        const json = JSON.stringify({ keys: [{ ...record, ...fields }] });
        let records: readonly ApiKeyRecord[];
        try {
          records = parseApiKeys(json);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_SECURITY_KEYS' });
          return;
        }
        // A record of another pepper, beside one of this pepper.
        const all = [...records, createApiKey({ ...base, client: 'own' }).record];
        expect(new ApiKeySet({ pepper, records: all }).verify(key)?.client).not.toBe('');
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import {
  apiKeys,
  ApiKeySet,
  bodyLimit,
  clientAddress,
  createApiKey,
  parseApiKeys,
  problemErrors,
  rateLimit,
  requestId,
  requiredScope,
  secureHeaders,
  SecurityError,
  watchApiKeys,
} from '../src/index.ts';

const pepper = 'a pepper of more than thirty-two bytes';
const keys = new ApiKeySet({ pepper, records: [] });

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SecurityError);
    expect(error).toMatchObject({ code: 'ERR_SECURITY_INVALID_OPTION' });
    return (error as Error).message;
  }
  return 'no error';
}

/** A factory as plain JavaScript calls it. */
type AnyFactory = (options?: unknown) => unknown;

const newKeySet: AnyFactory = (options) =>
  new ApiKeySet(options as { pepper: string; records: [] });

const factories: readonly (readonly [name: string, factory: AnyFactory, options: object])[] = [
  ['apiKeys', apiKeys as AnyFactory, { keys }],
  ['bodyLimit', bodyLimit as AnyFactory, { maxBodyBytes: 1, mediaTypes: ['a/b'] }],
  ['clientAddress', clientAddress as AnyFactory, {}],
  [
    'createApiKey',
    createApiKey as AnyFactory,
    { pepper, client: 'acme', scopes: ['admin'], limit: 1 },
  ],
  ['new ApiKeySet', newKeySet, { pepper, records: [] }],
  ['parseApiKeys', (options) => parseApiKeys('{"keys":[]}', options as object), {}],
  ['problemErrors', problemErrors as AnyFactory, {}],
  ['rateLimit', rateLimit as AnyFactory, { windowMs: 1000, limit: 1 }],
  ['requestId', requestId as AnyFactory, {}],
  ['requiredScope', (options) => requiredScope('admin', options as object), {}],
  ['secureHeaders', secureHeaders as AnyFactory, {}],
  ['watchApiKeys', (options) => watchApiKeys(keys, '/nowhere', options as object), {}],
];

describe.each(factories)('%s', (name, factory, options) => {
  it('refuses an unknown option', () => {
    expect(messageOf(() => factory({ ...options, color: 'red' }))).toContain(
      `${name}: unknown option "color". Known are `,
    );
  });

  it.each([null, 'text', 7, []])('refuses %j in place of an object', (value) => {
    expect(messageOf(() => factory(value))).toContain(`${name}: expected an object of options`);
  });

  it('refuses options without a required one', () => {
    for (const missing of Object.keys(options).filter(
      (key) => key !== 'limit' || name === 'rateLimit',
    )) {
      const rest = Object.fromEntries(Object.entries(options).filter(([key]) => key !== missing));
      expect(messageOf(() => factory(rest))).toBe(`${name}: option ${missing} is missing.`);
    }
  });
});

it('suggests the option that was probably meant', () => {
  const options = { windowMS: 1000, limit: 1 } as unknown as Parameters<typeof rateLimit>[0];
  expect(messageOf(() => rateLimit(options))).toMatch(
    /^rateLimit: unknown option "windowMS"\. Did you mean `windowMs`\? Known are windowMs, limit, /,
  );
});

it('suggests nothing for a name that is not similar to any option', () => {
  const options = { windowMs: 1000, limit: 1, perMinute: 7 };
  expect(messageOf(() => rateLimit(options))).not.toContain('Did you mean');
});

it.each([
  ['rateLimit', () => (rateLimit as AnyFactory)()],
  ['bodyLimit', () => (bodyLimit as AnyFactory)()],
  ['apiKeys', () => (apiKeys as AnyFactory)()],
  ['createApiKey', () => (createApiKey as AnyFactory)()],
])('%s names itself when it is called without options', (name, action) => {
  expect(messageOf(action)).toBe(`${name}: expected an object of options, got undefined.`);
});

it('refuses values of a wrong type in plain JavaScript', () => {
  const wrong: readonly (readonly [string, () => unknown])[] = [
    ['keys', () => (apiKeys as AnyFactory)({ keys: {} })],
    ['keys', () => (apiKeys as AnyFactory)({ keys: null })],
    ['realm', () => (apiKeys as AnyFactory)({ keys, realm: 7 })],
    ['mediaTypes', () => (bodyLimit as AnyFactory)({ maxBodyBytes: 1, mediaTypes: 'text/csv' })],
    ['trustedProxies', () => (clientAddress as AnyFactory)({ trustedProxies: 'loopback' })],
    ['pepper', () => (createApiKey as AnyFactory)({ pepper: 7, client: 'a', scopes: [] })],
    ['scopes', () => (createApiKey as AnyFactory)({ pepper, client: 'a', scopes: 'admin' })],
    ['store', () => (rateLimit as AnyFactory)({ windowMs: 1000, limit: 1, store: {} })],
    ['name', () => (rateLimit as AnyFactory)({ windowMs: 1000, limit: 1, name: 7 })],
    [
      'onStoreFailure',
      () => (rateLimit as AnyFactory)({ windowMs: 1000, limit: 1, onStoreFailure: 'open' }),
    ],
    ['scope', () => (requiredScope as AnyFactory)('infer digits')],
    ['scope', () => (requiredScope as AnyFactory)()],
    ['page.styles', () => (secureHeaders as AnyFactory)({ page: { styles: "'self'" } })],
    ['records', () => newKeySet({ pepper, records: 'x' })],
    ['file', () => watchApiKeys(keys, undefined as unknown as string)],
    ['keys', () => (watchApiKeys as (keys: unknown, file: string) => unknown)({}, '/keys.json')],
    ['json', () => parseApiKeys(undefined as unknown as string)],
  ];
  for (const [option, action] of wrong) {
    expect(messageOf(action)).toContain(`Option ${option}: expected `);
  }
  expect(messageOf(() => (secureHeaders as AnyFactory)({ page: { style: [] } }))).toBe(
    'secureHeaders page: unknown option "style". Did you mean `styles`? Known are styles, scripts, images, connections.',
  );
});

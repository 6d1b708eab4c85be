import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ApiKeySet, createApiKey, parseApiKeys, readApiKeys, watchApiKeys } from '../src/index.ts';

const pepper = 'a pepper of more than thirty-two bytes';
const { record } = createApiKey({ pepper, client: 'acme', scopes: [] });
const wrong = { ...record, scopes: ['admin', 'infre:*'] };
const message =
  'keys[0].scopes: unknown scope "infre:*". Did you mean `infer:*`? Known are infer:*, admin, metrics.';

async function keysFile(records: readonly object[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scopes-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'keys.json');
  await writeFile(file, JSON.stringify({ keys: records }), { mode: 0o600 });
  return file;
}

describe('a scope that no service checks', () => {
  it('is refused when a key is created', () => {
    expect(() => createApiKey({ pepper, client: 'acme', scopes: ['infre:*'] })).toThrow(
      message.replace('keys[0]', 'key'),
    );
  });

  it('is refused when a keys file is read', async () => {
    expect(() => parseApiKeys(JSON.stringify({ keys: [wrong] }))).toThrow(message);
    await expect(readApiKeys(await keysFile([wrong]))).rejects.toThrow(message);
  });

  it('is refused when a running service reloads its keys file', async () => {
    const keys = new ApiKeySet({ pepper, records: [] });
    const file = await keysFile([wrong]);
    const error = await new Promise((resolve) => {
      const close = watchApiKeys(keys, file, { intervalMs: 10, onError: resolve });
      onTestFinished(close);
    });
    expect(String(error)).toContain(message);
  });

  it('is refused when a set of keys is created', () => {
    expect(() => new ApiKeySet({ pepper, records: [wrong] })).toThrow(message);
  });

  it.each([
    ['infer', 'Did you mean `infer:*`?'],
    ['infr:digits', 'Did you mean `infer:…`?'],
    ['admin:*', 'Did you mean `admin`?'],
    ['metric', 'Did you mean `metrics`?'],
  ])('%s is answered with a suggestion', (scope, suggestion) => {
    expect(() => createApiKey({ pepper, client: 'acme', scopes: [scope] })).toThrow(suggestion);
  });

  it('is not repeated beyond its action, because it may be a secret', () => {
    const secret = 'fl-0123456789:Sup3rS3cret';
    expect(() => createApiKey({ pepper, client: 'acme', scopes: [secret] })).toThrow(
      /^(?!.*Sup3r).*unknown scope "fl-0123456789:…"/,
    );
  });
});

it('a service may declare scopes that it checks', async () => {
  const knownScopes = ['report:*', 'admin'];
  const own = createApiKey({ pepper, client: 'acme', scopes: ['report:daily'], knownScopes });
  const records = parseApiKeys(JSON.stringify({ keys: [own.record] }), { knownScopes });
  const keys = new ApiKeySet({ pepper, records, knownScopes });
  expect(keys.verify(own.key)?.scopes).toEqual(new Set(['report:daily']));
  expect(await readApiKeys(await keysFile([own.record]), { knownScopes })).toEqual(records);
  expect(() => createApiKey({ pepper, client: 'acme', scopes: ['infer:*'], knownScopes })).toThrow(
    'unknown scope "infer:*". Known are report:*, admin',
  );
});

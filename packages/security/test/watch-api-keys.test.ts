import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ApiKeySet, createApiKey, SecurityError, watchApiKeys } from '../src/index.ts';

const pepper = 'a pepper of the tests, 32 bytes or more';

it('takes over new keys and drops old ones, and keeps to what it has while the file is wrong or gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-keys-'));
  const file = join(folder, 'keys.json');
  const [old, fresh] = ['old', 'fresh'].map((client) =>
    createApiKey({ pepper, client, scopes: ['infer:*'] }),
  );
  if (old === undefined || fresh === undefined) throw new Error('two keys were made');
  // As the command line replaces it: by a rename.
  const write = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const content = (...records: unknown[]): string => JSON.stringify({ keys: records });
  write(content(old.record));
  const keys = new ApiKeySet({ pepper, records: [old.record] });
  const [reloads, errors]: [number[], unknown[]] = [[], []];
  const stop = watchApiKeys(keys, file, {
    intervalMs: 20,
    onReload: (count) => reloads.push(count),
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => {
    stop();
    rmSync(folder, { recursive: true });
  });
  const client = (key: string): string | undefined => keys.verify(key)?.client;
  expect(client(old.key)).toBe('old');

  write(content(old.record, fresh.record));
  await vi.waitFor(() => {
    expect(client(fresh.key)).toBe('fresh');
  }, 10_000);
  expect(client(old.key)).toBe('old');

  write('{"keys": [');
  await vi.waitFor(() => {
    expect(errors.at(-1)).toBeInstanceOf(SecurityError);
  }, 10_000);
  rmSync(file);
  await vi.waitFor(() => {
    expect(errors.at(-1)).toMatchObject({ code: 'ENOENT' });
  }, 10_000);
  expect([client(old.key), client(fresh.key)]).toEqual(['old', 'fresh']);

  write(content(fresh.record));
  await vi.waitFor(() => {
    expect(client(old.key)).toBeUndefined();
  }, 10_000);
  // Of a change before the first look nobody is told.
  expect(reloads.at(-1)).toBe(1);
  expect(errors).toHaveLength(2);
});

it('refuses an interval that is none', () => {
  const keys = new ApiKeySet({ pepper, records: [] });
  expect(() => watchApiKeys(keys, 'keys.json', { intervalMs: 0 })).toThrow(/intervalMs/);
});

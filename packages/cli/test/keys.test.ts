import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  lstatSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Place, run, runJson, runProcess } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { readTree } from '@fairlead/test-support';

// The command imports the library lazily, so lint forbids a static import of it elsewhere.
const { ApiKeySet, parseApiKeys } = await import('@fairlead/security');

const pepper = 'p'.repeat(40);

function placeWithKeys(): Place & { readonly file: string } {
  const folder = temporaryFolder();
  const env = { FAIRLEAD_KEYS_FILE: 'keys.json', FAIRLEAD_PEPPER: pepper };
  return { folder, env, file: join(folder, 'keys.json') };
}

const verify = (file: string, key: string) =>
  new ApiKeySet({ pepper, records: parseApiKeys(readFileSync(file, 'utf8')) }).verify(key);

test('a key is printed once, only on standard output, and the stored record verifies it', async () => {
  const place = placeWithKeys();
  const scopes = ['--scope', 'infer:digits', '--scope', 'metrics', '--limit', '7'];
  const quotas = ['--quota', 'requestsPerDay=100', '--quota', 'elementsPerMonth=5000000'];
  const made = await run(
    place,
    'key',
    'create',
    '--client',
    'acme',
    '--expires',
    '90d',
    ...scopes,
    ...quotas,
  );
  expect(made.exitCode).toBe(0);
  expect(made.stdout).toMatch(/^fl_[0-9a-z]{12}_[0-9A-Za-z]{43}\n$/);
  const key = made.stdout.trim();
  expect(made.stderr).not.toContain(key);
  expect(made.stderr).toContain('never shown again');
  expect(verify(place.file, key)).toMatchObject({
    ...{ client: 'acme', limit: 7 },
    quotas: { requestsPerDay: 100, elementsPerMonth: 5_000_000 },
  });
  expect(statSync(place.file).mode & 0o777).toBe(0o600);
  expect(readFileSync(place.file, 'utf8')).not.toContain(key.split('_')[2]);
  expect(readdirSync(place.folder)).toEqual(['keys.json']);

  const listed = await run(place, 'key', 'list');
  expect(listed.stdout).toContain('infer:digits, metrics');
  expect(listed.stdout).toContain('requestsPerDay=100 elementsPerMonth=5000000');
  const { keys } = await runJson(place, 'key', 'list');
  expect(keys).toMatchObject([{ client: 'acme', expired: false }]);
  expect(JSON.stringify(keys)).not.toContain('digest');
});

test.each(['requestsPerDay', 'requestsPerHour=5', 'requestsPerDay=0', 'requestsPerDay=1e3', '=5'])(
  'the quota "%s" is refused with what is expected',
  async (quota) => {
    const place = placeWithKeys();
    const create = ['key', 'create', '--client', 'a', '--scope', 'admin'];
    const refused = await run(place, ...create, '--quota', quota);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('such as requestsPerDay=10000');
    expect(existsSync(place.file)).toBe(false);
  },
);

test('a key with another pepper than the keys of the file is rejected, and the file stays', async () => {
  const place = placeWithKeys();
  const create = ['key', 'create', '--scope', 'infer:*', '--client'] as const;
  await run(place, ...create, 'acme');
  const before = readFileSync(place.file, 'utf8');
  const elsewhere = { ...place, env: { ...place.env, FAIRLEAD_PEPPER: 'q'.repeat(40) } };
  const rejected = await run(elsewhere, ...create, 'umbrella');
  expect(rejected.exitCode).not.toBe(0);
  expect(rejected.stderr).toContain('all were created with another pepper');
  expect(rejected.stdout).toBe('');
  expect(readFileSync(place.file, 'utf8')).toBe(before);
});

test('without a terminal a key is revoked only with --yes', async () => {
  const place = placeWithKeys();
  const { key, record } = await runJson(
    place,
    'key',
    'create',
    '--client',
    'acme',
    '--scope',
    'admin',
  );
  const { id } = record as { id: string };
  const before = readTree(place.folder);
  const unconfirmed = await run({ ...place, input: 'yes\n' }, 'key', 'revoke', id);
  expect(unconfirmed.exitCode).toBe(2);
  expect(unconfirmed.stderr).toContain('--yes');
  expect((await run(place, 'key', 'revoke', id, '--dry-run')).stdout).toContain('Dry run');
  expect((await run(place, 'key', 'revoke', 'unknown', '--yes')).exitCode).toBe(4);
  expect(readTree(place.folder)).toEqual(before);
  expect((await run(place, 'key', 'revoke', id, '--yes')).exitCode).toBe(0);
  expect(verify(place.file, key as string)).toBeUndefined();
  expect(await runJson(place, 'key', 'list')).toMatchObject({ keys: [] });
});

test('a record that the gateway would reject is never written', async () => {
  const place = placeWithKeys();
  const create = ['key', 'create', '--client', 'acme', '--scope', 'admin'];
  await runJson(place, ...create);
  await runJson(place, ...create);
  const before = readTree(place.folder);
  const third = await run(place, ...create);
  expect(third.exitCode).toBe(2);
  expect(third.stderr).toContain('more than 2 keys');
  expect((await run(place, ...create.slice(0, 4), '--scope', 'not a scope')).exitCode).toBe(2);
  expect((await run(place, ...create, '--expires', '2031-02-31')).exitCode).toBe(2);
  const noPepper = { ...place, env: { FAIRLEAD_KEYS_FILE: 'keys.json' } };
  expect((await run(noPepper, ...create)).stderr).toContain('[ERR_CLI_NO_PEPPER]');
  expect((await run(place, ...create, '--dry-run')).exitCode).toBe(2);
  expect(readTree(place.folder)).toEqual(before);
});

test.each(['2020-01-31', '2020-01-31T12:00:00Z', '0d', new Date().toISOString().slice(0, 10)])(
  'a key that expires at %s, in the past, is not created',
  async (expires) => {
    const place = placeWithKeys();
    const create = ['key', 'create', '--client', 'acme', '--scope', 'infer:*'];
    for (const dryRun of [[], ['--dry-run']]) {
      const past = await run(place, ...create, '--expires', expires, ...dryRun);
      expect(past).toMatchObject({ exitCode: 2, stdout: '' });
      expect(past.stderr).toMatch(/^fairlead: --expires \S+ has passed \(it is \S+ now\)/);
    }
    expect(existsSync(place.file)).toBe(false);
  },
);

test('a dry run creates no key, and a broken file stays unchanged', async () => {
  const place = placeWithKeys();
  const create = ['key', 'create', '--client', 'acme', '--scope', 'admin'];
  expect((await run(place, ...create, '--dry-run')).stdout).not.toContain('fl_');
  expect(existsSync(place.file)).toBe(false);
  writeFileSync(place.file, '{"keys": [{"id": "x"}]}');
  const broken = await run(place, ...create);
  expect(broken.exitCode).toBe(2);
  expect(broken.stderr).toContain('keys[0].id');
  expect(readFileSync(place.file, 'utf8')).toBe('{"keys": [{"id": "x"}]}');
  expect(readdirSync(place.folder)).toEqual(['keys.json']);
});

test('processes that create keys at the same time lose none', async () => {
  const place = placeWithKeys();
  const clients = Array.from({ length: 6 }, (_, index) => `client-${index}`);
  const made = await Promise.all(
    clients.map((client) =>
      runProcess(place, 'key', 'create', '--client', client, '--scope', 'infer:*'),
    ),
  );
  for (const { stdout } of made) expect(verify(place.file, stdout.trim())).toBeDefined();
});

test('the error of a stale lock names its process and the fix', async () => {
  const place = placeWithKeys();
  writeFileSync(`${place.file}.lock`, '4711\n');
  const locked = await run(place, 'key', 'create', '--client', 'a', '--scope', 'admin');
  expect(locked.exitCode).toBe(3);
  expect(locked.stderr).toContain('process 4711');
  expect(locked.stderr).toContain('keys.json.lock');
  expect(existsSync(place.file)).toBe(false);
});

test('a link to the file is not replaced, and permissions are unchanged', async () => {
  const place = placeWithKeys();
  const real = join(place.folder, 'real.json');
  writeFileSync(real, '{"keys": []}', { mode: 0o640 });
  symlinkSync('real.json', place.file);
  await runJson(place, 'key', 'create', '--client', 'a', '--scope', 'admin');
  expect(lstatSync(place.file).isSymbolicLink()).toBe(true);
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(parseApiKeys(readFileSync(real, 'utf8'))).toHaveLength(1);
});

test.each([
  ['infre:iris', 'Did you mean infer:iris?'],
  ['infer', 'Did you mean infer:*?'],
  ['Admin', 'Did you mean admin?'],
  ['jobs', 'there are infer:<model>, infer:*, admin and metrics'],
])('a key with the unknown scope %s is not made', async (scope, message) => {
  const place = placeWithKeys();
  const made = await run(place, 'key', 'create', '--client', 'acme', '--scope', scope);
  expect(made.exitCode).toBe(2);
  expect(made.stderr).toContain(`--scope "${scope}" is no scope`);
  expect(made.stderr).toContain(message);
  expect(existsSync(place.file)).toBe(false);
});

import { readFileSync, writeFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { newBucket, s3Client, startMoto, temporaryFolder } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest';

import { isReleaseDigest, openReleaseStore, type AuditEntry } from '../../src/index.ts';
import { tinyRelease } from '../support/tiny-release.ts';

const change = { actor: 'ada', command: 'deploy', environment: 'staging' };
const resultOf = (outcome: string): { readonly outcome: string } => ({ outcome });

/** A clock that advances by a second with each reading. */
function clock(): () => Date {
  let at = Date.UTC(2030, 0, 31, 23, 59, 58);
  return () => new Date((at += 1_000));
}

describe.each(['folder', 'S3'])('a store of releases in a %s', (kind) => {
  let moto: Awaited<ReturnType<typeof startMoto>> | undefined;
  let location: () => Promise<string> = () => Promise.resolve(join(temporaryFolder(), 'store'));

  beforeAll(async () => {
    if (kind === 'folder') return;
    moto = await startMoto();
    const { endpoint } = moto;
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    location = async () => `s3://${await newBucket(s3Client(endpoint))}/shop`;
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto?.stop();
  });

  it('stores an archive once, and returns the same bytes by the first digits of its digest', async () => {
    const store = await openReleaseStore(await location());
    const { path, digest } = await tinyRelease();
    expect(await store.add(path)).toEqual({ digest, added: true });
    expect(await store.add(path)).toEqual({ digest, added: false });
    expect(await store.list()).toEqual([digest]);
    let copy = '';
    {
      await using fetched = await store.fetch(digest.slice(0, 8));
      copy = fetched.path;
      expect(fetched.digest).toBe(digest);
      expect(readFileSync(copy).equals(readFileSync(path))).toBe(true);
    }
    expect(() => readFileSync(copy)).toThrow('ENOENT');
    const unknown = digest.startsWith('0') ? '1'.repeat(64) : '0'.repeat(64);
    await expect(store.find(unknown)).rejects.toMatchObject({
      code: 'ERR_DEPLOY_RELEASE_NOT_FOUND',
      message: expect.stringContaining(`has no release ${unknown}`) as string,
    });
    await expect(store.find('../../x')).rejects.toMatchObject({
      code: 'ERR_DEPLOY_INVALID_OPTION',
    });
  });

  it('refuses an archive that is damaged, before and after it was stored', async () => {
    const at = await location();
    const store = await openReleaseStore(at);
    const { path, digest } = await tinyRelease();
    const whole = readFileSync(path);
    const changed = Buffer.from(whole);
    // A byte of the last part, which the manifest doesn't show.
    const index = whole.lastIndexOf('parts/') + 512 + 20;
    changed.writeUInt8((whole[index] ?? 0) ^ 1, index);
    writeFileSync(path, changed);
    await expect(store.add(path)).rejects.toMatchObject({ code: 'ERR_DEPLOY_RELEASE_DAMAGED' });
    expect(await store.list()).toEqual([]);
    if (kind === 'S3') return;
    writeFileSync(path, whole);
    await store.add(path);
    writeFileSync(join(at, 'archives', `${digest}.tar`), changed);
    await expect(store.fetch(digest)).rejects.toMatchObject({ code: 'ERR_DEPLOY_RELEASE_DAMAGED' });
    const other = await tinyRelease({ changeManifest: (old) => ({ ...old, name: 'other' }) });
    writeFileSync(join(at, 'archives', `${digest}.tar`), readFileSync(other.path));
    await expect(store.fetch(digest)).rejects.toThrow(
      `its manifest has the digest ${other.digest}`,
    );
  });

  it('promotes a release only after it passed, and not after it failed since', async () => {
    const { results } = await openReleaseStore(await location(), { now: clock() });
    const [first, second] = ['a'.repeat(64), 'b'.repeat(64)];
    const result = (release: string, outcome: 'passed' | 'failed', environment = 'staging') =>
      results.add({ actor: 'ada', environment, release, outcome, hosts: ['h1'] });
    const refusal = { code: 'ERR_DEPLOY_NOT_PROMOTED' };
    expect(await results.last('staging')).toBeUndefined();
    await expect(results.require(first, 'staging')).rejects.toMatchObject(refusal);
    await result(first, 'passed', 'dev');
    await expect(results.require(first, 'staging')).rejects.toThrow('has not passed staging');
    await result(first, 'passed');
    expect(await results.require(first, 'staging')).toMatchObject({
      ...{ actor: 'ada', environment: 'staging', release: first, hosts: ['h1'] },
    });
    await result(second, 'passed');
    expect(await results.last('staging')).toBe(second);
    await result(second, 'failed');
    await expect(results.require(second, 'staging')).rejects.toThrow('has failed in staging');
    expect(await results.last('staging')).toBe(first);
    await result(second, 'passed');
    expect(await results.last('staging')).toBe(second);
    await result(first, 'passed');
    expect(await results.last('staging')).toBe(first);
  });

  it('records the start and the end of a change, with the outcome or the code of the error', async () => {
    const { audit } = await openReleaseStore(await location(), { now: clock() });
    const release = 'a'.repeat(64);
    const seen: (readonly AuditEntry[])[] = [];
    const work = async (): Promise<string> => {
      seen.push(await audit.entries());
      return 'activated';
    };
    const described = { ...change, release, reason: 'ticket 7' };
    expect(await audit.record(described, work, { resultOf })).toBe('activated');
    expect(seen[0]).toMatchObject([{ ...described, phase: 'started' }]);
    const secret = Object.assign(new Error('password=hunter2'), { code: 'ERR_DEPLOY_HOST' });
    const failing = audit.record(
      { ...change, environment: 'production' },
      () => Promise.reject(secret),
      { resultOf },
    );
    await expect(failing).rejects.toBe(secret);
    const entries = await audit.entries();
    expect(entries.map(({ at, phase, outcome }) => [at, phase, outcome])).toEqual([
      ['2030-01-31T23:59:59.000Z', 'started', undefined],
      ['2030-02-01T00:00:00.000Z', 'finished', 'activated'],
      ['2030-02-01T00:00:01.000Z', 'started', undefined],
      ['2030-02-01T00:00:02.000Z', 'finished', 'ERR_DEPLOY_HOST'],
    ]);
    expect(entries[0]?.id).toBe(entries[1]?.id);
    expect(entries[1]?.id).not.toBe(entries[2]?.id);
    expect(JSON.stringify(entries)).not.toContain('hunter2');
    expect(await audit.entries({ environment: 'production' })).toEqual(entries.slice(2));
    const rollback = { ...change, command: 'rollback' };
    const found = () => ({ outcome: 'activated', release });
    await audit.record(rollback, () => Promise.resolve('done'), { resultOf: found });
    expect((await audit.entries()).slice(4).map((entry) => entry.release)).toEqual([
      undefined,
      release,
    ]);
    expectTypeOf(entries).toEqualTypeOf<readonly AuditEntry[]>();
  });
});

it('the end of a change has the release of new hosts, also when the change fails after it was set', async () => {
  const store = await openReleaseStore(temporaryFolder());
  const newHosts = 'c'.repeat(64);
  const recording = store.audit.record(
    { ...change, release: newHosts },
    (note) => {
      note({ newHosts });
      return Promise.reject(new Error('AWS is away'));
    },
    { resultOf },
  );
  await expect(recording).rejects.toThrow('AWS is away');
  expect(await store.audit.entries()).toMatchObject([
    { phase: 'started' },
    { phase: 'finished', outcome: 'error', newHosts },
  ]);
});

it('a change is not made when its start cannot be recorded; one whose end cannot be is reported', async () => {
  const folder = join(temporaryFolder(), 'store');
  const { audit } = await openReleaseStore(folder);
  const now = (): Date => {
    throw new Error('no clock');
  };
  const broken = await openReleaseStore(folder, { now });
  const work = vi.fn(() => Promise.resolve('activated'));
  await expect(broken.audit.record(change, work, { resultOf })).rejects.toThrow('no clock');
  expect(work).not.toHaveBeenCalled();

  let readings = 0;
  const ending = await openReleaseStore(folder, {
    now: () => {
      readings += 1;
      return readings === 1 ? new Date() : now();
    },
  });
  const onLost = vi.fn();
  expect(await ending.audit.record(change, work, { resultOf, onLost })).toBe('activated');
  expect(onLost).toHaveBeenCalledExactlyOnceWith(new Error('no clock'));
  expect(await audit.entries()).toMatchObject([{ phase: 'started' }]);
});

it('each entry of the audit log is a line of JSON in a file, so that cat prints JSON lines', async () => {
  const folder = join(temporaryFolder(), 'store');
  const { audit } = await openReleaseStore(folder, { now: clock() });
  await audit.record(change, () => Promise.resolve('unchanged'), { resultOf });
  const [month = ''] = readdirSync(join(folder, 'audit'));
  const files = readdirSync(join(folder, 'audit', month)).toSorted();
  expect(files).toHaveLength(1);
  const [next = ''] = readdirSync(join(folder, 'audit')).slice(1);
  expect([month, next]).toEqual(['2030-01', '2030-02']);
  const text = readFileSync(join(folder, 'audit', month, files[0] ?? ''), 'utf8');
  expect(text).toMatch(/^\{"format":"fairlead-audit\/1",.*\}\n$/);
});

it.each([
  ['4f9a1c20', true],
  ['4f9a1c2', false],
  ['4F9A1C20BE77', false],
  ['a'.repeat(65), false],
  ['dist/fairlead.tar', false],
])('%j is a digest: %s', (text, is) => {
  expect(isReleaseDigest(text)).toBe(is);
});

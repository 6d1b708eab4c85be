import { cachedStore, folderStore, ModelRegistry, openStore } from '@fairlead/registry';
import { collectGarbage, pruneVersions } from '@fairlead/registry/maintenance';
import { s3Store } from '@fairlead/registry/s3';
import { forwardEvents } from '@fairlead/registry/webhooks';
import { expect, test } from 'vitest';
import { rejection, temporaryRegistry } from '../support/sample-registry.ts';

const construct = (...args: unknown[]): unknown => Reflect.construct(ModelRegistry, args);
/** Calls a factory as plain JavaScript can. */
type Untyped = (...args: unknown[]) => unknown;

const attempt = async (call: () => unknown): Promise<unknown> =>
  rejection(Promise.resolve().then(call));
const { store, folder } = { store: {}, folder: '.' };

test.each<[string, () => unknown, string]>([
  [
    'a registry with a misspelled option',
    () => construct({ store, trustedkeys: {} }),
    'new ModelRegistry: unknown option "trustedkeys". Did you mean `trustedKeys`?',
  ],
  [
    'a registry without a store',
    () => construct({}),
    'new ModelRegistry: option store is missing.',
  ],
  [
    'a registry without options',
    () => construct(),
    'new ModelRegistry: expected an object of options, got undefined.',
  ],
  [
    'a folder with a misspelled option',
    () => (folderStore as Untyped)(folder, { creat: true }),
    'folderStore: unknown option "creat". Did you mean `create`?',
  ],
  [
    'a cache without a folder',
    () => (cachedStore as Untyped)(store, {}),
    'cachedStore: option folder is missing.',
  ],
  [
    'a bucket with a misspelled option',
    () => (s3Store as Untyped)({ bucket: 'models', timeoutms: 1 }),
    'Did you mean `timeoutMs`?',
  ],
  [
    'a location with an unknown option',
    () => (openStore as Untyped)(folder, { region: 'eu-central-1' }),
    'openStore: unknown option "region". Known are create,',
  ],
  [
    'a garbage collection with a misspelled option',
    () => (collectGarbage as Untyped)(store, { dryrun: true }),
    'Did you mean `dryRun`?',
  ],
  [
    'a pruning without keepLast',
    () => (pruneVersions as Untyped)(store, 'digits', { actor: 'ada' }),
    'pruneVersions: option keepLast is missing.',
  ],
  [
    'a forwarder without options',
    () => (forwardEvents as Untyped)(undefined),
    'forwardEvents: expected an object of options, got undefined.',
  ],
])('rejects %s', async (_what, call, message) => {
  expect(await attempt(call)).toMatchObject({
    code: 'ERR_REGISTRY_INVALID_OPTION',
    message: expect.stringContaining(message) as unknown,
  });
});

test('a misspelled dryRun removes nothing', async () => {
  const { store: real } = temporaryRegistry();
  const key = `blobs/sha256/${'0'.repeat(64)}`;
  await real.create(key, Buffer.from('garbage'));
  await attempt(() => (collectGarbage as Untyped)(real, { dryrun: true, graceMs: 0 }));
  expect(await real.size(key)).toBe(7);
});

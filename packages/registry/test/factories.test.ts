import {
  cachedStore,
  folderStore,
  ModelRegistry,
  openStore,
  parseTrustedKeys,
} from '@fairlead/registry';
import {
  backupRegistry,
  collectGarbage,
  drillRestore,
  exportModels,
  importModels,
  pruneVersions,
  restoreRegistry,
} from '@fairlead/registry/maintenance';
import { overwritePolicy, s3Store } from '@fairlead/registry/s3';
import { mlflowModel, onnxModel, pythonModel } from '@fairlead/registry/sources';
import { forwardEvents, forwardPending } from '@fairlead/registry/webhooks';
import { describe, expect, test } from 'vitest';
import { MemoryStore } from './support/memory-store.ts';
import { digits, rejection } from './support/sample-registry.ts';

const store = new MemoryStore();
const registry = new ModelRegistry({ store });
const folder = import.meta.dirname;
await registry.push(digits('weights'));

/** A function, a class or a method as plain JavaScript calls it, with `options` in the place of its options. */
type Call = (options: unknown) => unknown;
type Untyped = (...args: readonly unknown[]) => unknown;

const call =
  (factory: unknown, ...args: readonly unknown[]): Call =>
  (options) =>
    (factory as Untyped)(...args, options);
const method =
  (target: object, name: string, ...args: readonly unknown[]): Call =>
  (options) =>
    (Reflect.get(target, name) as Untyped).call(target, ...args, options);
const version = registry.model('digits').version(1);
const model = registry.model('digits');
const audit = { actor: 'ada' };
const forward = { store, sender: {}, url: 'http://127.0.0.1:1', cursor: {} };

const optional = (name: string, of: Call) => [name, of, {}] as const;

const calls: readonly (readonly [name: string, call: Call, options: object])[] = [
  ['new ModelRegistry', (o) => Reflect.construct(ModelRegistry, [o]) as unknown, { store }],
  ['push', method(registry, 'push'), { ...digits('other') }],
  ['setAlias', method(registry, 'setAlias', 'digits', 'champion', 1), audit],
  ['rollback', method(registry, 'rollback', 'digits', 'champion'), audit],
  optional('follow', method(registry, 'follow', 'digits', 'champion')),
  ['the event "unarchived"', method(version, 'unarchive'), audit],
  ['approve', method(version, 'approve'), audit],
  ['measure', method(version, 'measure'), { ...audit, name: 'x', value: 1 }],
  ['sign', method(version, 'sign'), { ...audit, privateKey: '' }],
  ['recordParity', method(version, 'recordParity', { outputs: [] }), { ...audit, original: 'o' }],
  ['the event "note"', method(model, 'note', 'text'), audit],
  ['the event "gates-set"', method(model, 'setGates', 'champion', []), audit],
  optional('folderStore', call(folderStore, folder)),
  ['cachedStore', call(cachedStore, store), { folder }],
  optional('openStore', call(openStore, folder)),
  optional('parseTrustedKeys', call(parseTrustedKeys, '')),
  ['s3Store', call(s3Store), { bucket: 'models', client: {} }],
  ['overwritePolicy', call(overwritePolicy), { bucket: 'models' }],
  optional('collectGarbage', call(collectGarbage, store)),
  ['pruneVersions', call(pruneVersions, store, 'digits'), { ...audit, keepLast: 1 }],
  optional('backupRegistry', call(backupRegistry, store, 'backup.tar')),
  optional('restoreRegistry', call(restoreRegistry, 'backup.tar', folder)),
  optional('drillRestore', call(drillRestore, store)),
  optional('exportModels', call(exportModels, store, 'models.tar')),
  optional('importModels', call(importModels, store, 'models.tar')),
  ['onnxModel', call(onnxModel, 'model.onnx'), { model: 'm', ...audit }],
  ['mlflowModel', call(mlflowModel, folder), { model: 'm', ...audit }],
  [
    'pythonModel',
    call(pythonModel, folder),
    { model: 'm', ...audit, upstream: 'flask', signature: {} },
  ],
  ['forwardEvents', call(forwardEvents), forward],
  ['forwardPending', call(forwardPending), forward],
];

const messageOf = async (attempt: () => unknown): Promise<string> => {
  const error = await rejection(Promise.resolve().then(attempt));
  expect(error).toMatchObject({ code: 'ERR_REGISTRY_INVALID_OPTION' });
  return (error as Error).message;
};

describe.each(calls)('%s', (name, of, options) => {
  test('rejects an unknown option', async () => {
    const message = await messageOf(() => of({ ...options, color: 'red' }));
    expect(message).toContain(`${name}: unknown option "color". Known are `);
  });

  test.each([null, 'text', 7])('rejects %j in place of an object', async (value) => {
    expect(await messageOf(() => of(value))).toContain(`${name}: expected an object of options`);
  });

  test.runIf(Object.keys(options).length > 0)('refuses missing options', async () => {
    expect(await messageOf(() => of({}))).toMatch(`${name}: option `);
    expect(await messageOf(() => of(undefined))).toContain(
      `${name}: expected an object of options`,
    );
  });
});

import {
  collectGarbage,
  exportModels,
  importModels,
  pruneVersions,
  verifyRegistry,
} from '@fairlead/registry/maintenance';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  folderStore,
  generateSigningKey,
  ModelRegistry,
  type ObjectStore,
  RegistryError,
} from '@fairlead/registry';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memoryFolder } from '@fairlead/test-support';
import { InterleavedActor } from '../support/interleaved-actors.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { missingBlobs } from '../support/named-blobs.ts';
import { digits } from '../support/sample-registry.ts';

type Step =
  | { readonly do: 'push'; readonly model: string; readonly content: number }
  | { readonly do: 'set'; readonly model: string; readonly alias: string; readonly version: number }
  | { readonly do: 'roll back'; readonly model: string; readonly alias: string }
  | {
      readonly do: 'archive' | 'unarchive' | 'approve' | 'sign' | 'tag';
      readonly model: string;
      readonly version: number;
    }
  | { readonly do: 'prune'; readonly model: string; readonly keepLast: number }
  | { readonly do: 'collect' | 'collect, dry run' | 'import' | 'export' | 'verify' }
  | { readonly do: 'load'; readonly model: string; readonly version: number };

const model = fc.constantFrom('digits', 'wine');
const alias = fc.constantFrom('champion', 'candidate');
const version = fc.integer({ min: 1, max: 4 });
const only = <const T>(value: T): fc.Arbitrary<T> => fc.constant(value);
const step: fc.Arbitrary<Step> = fc.oneof(
  // Few contents, so that versions share blobs and pushes find those that are being collected.
  { weight: 5, arbitrary: fc.record({ do: only('push'), model, content: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ do: only('set'), model, alias, version }) },
  { weight: 1, arbitrary: fc.record({ do: only('roll back'), model, alias }) },
  { weight: 2, arbitrary: fc.record({ do: only('load'), model, version }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('archive', 'unarchive', 'approve', 'sign', 'tag'),
      model,
      version,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: only('prune'), model, keepLast: fc.integer({ min: 1, max: 2 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('collect', 'collect', 'collect, dry run', 'import', 'export', 'verify'),
    }),
  },
);
/** Steps of one actor, concurrent with the others; a third of them are killed before their end. */
const actor = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  calls: fc.oneof({ weight: 2, arbitrary: only(Infinity) }, fc.integer({ min: 1, max: 150 })),
});

/** Errors that concurrent operations may cause. */
const refusals: ReadonlySet<string> = new Set([
  'ERR_REGISTRY_MODEL_NOT_FOUND',
  'ERR_REGISTRY_VERSION_NOT_FOUND',
  'ERR_REGISTRY_ALIAS_NOT_FOUND',
  'ERR_REGISTRY_ALIAS_CONFLICT',
  'ERR_REGISTRY_NOTHING_TO_ROLL_BACK',
  'ERR_REGISTRY_VERSION_PRUNED',
  'ERR_REGISTRY_ARCHIVED',
  'ERR_REGISTRY_IN_USE',
]);

/** Leaves garbage that is not collected yet, and versions of the same contents that are pruned. */
const beginning: readonly Step[] = [
  { do: 'push', model: 'digits', content: 0 },
  { do: 'push', model: 'digits', content: 1 },
  { do: 'push', model: 'digits', content: 2 },
  { do: 'push', model: 'wine', content: 0 },
  { do: 'push', model: 'wine', content: 2 },
  { do: 'prune', model: 'digits', keepLast: 1 },
  { do: 'prune', model: 'wine', keepLast: 1 },
];

const { privateKey } = generateSigningKey();
let folder: string;
let archive: string;

beforeAll(async () => {
  folder = mkdtempSync(join(memoryFolder(), 'fairlead-interleaved-'));
  const store = folderStore(join(folder, 'source'), { create: true });
  const registry = new ModelRegistry({ store });
  const by = { actor: 'ada' };
  // Of the same contents as what is pushed; the first was pruned, and its file was deleted.
  for (const content of ['gone', 'content 0', 'content 1']) {
    await registry.push(digits(content, { model: 'imported' }));
  }
  await registry.setAlias('imported', 'champion', 2, by);
  await pruneVersions(store, 'imported', { keepLast: 1, ...by });
  await collectGarbage(store, { graceMs: 0 });
  archive = join(folder, 'imported.tar');
  await exportModels(store, archive);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Executes one step; resolves to a check that has to pass from then on. */
async function run(
  { store, changes }: { readonly store: ObjectStore; readonly changes: () => number },
  who: string,
  action: Step,
): Promise<(registry: ModelRegistry, store: MemoryStore) => Promise<void>> {
  const registry = new ModelRegistry({ store });
  const by = { actor: who };
  switch (action.do) {
    case 'push': {
      const { manifest } = await registry.push(
        digits(`content ${action.content}`, { model: action.model, ...by }),
      );
      return async (later) => {
        const opened = await later.openVersion(action.model, manifest.version);
        expect(opened.manifest).toEqual(manifest);
      };
    }
    case 'set':
    case 'roll back': {
      const entry =
        action.do === 'set'
          ? await registry.setAlias(action.model, action.alias, action.version, by)
          : await registry.rollback(action.model, action.alias, by);
      return async (later) => {
        const history = await later.history(action.model, action.alias);
        expect(history[entry.number - 1]).toEqual(entry);
        // Every version that an alias has ever pointed to can be served again.
        await (await later.openVersion(action.model, entry.version)).read('model.onnx');
      };
    }
    case 'archive':
    case 'unarchive':
    case 'approve':
    case 'tag': {
      const version = registry.model(action.model).version(action.version);
      const approver = { actor: `${who}'s colleague` };
      const event = await (action.do === 'tag'
        ? version.setTag('stage', who, by)
        : version[action.do](approver));
      return async (later) => {
        const events = await later.model(action.model).events();
        expect(events[event.number - 1]).toEqual(event);
      };
    }
    case 'sign': {
      const signature = await registry
        .model(action.model)
        .version(action.version)
        .sign({ ...by, privateKey });
      return async (later) => {
        // One key signs once, also with concurrent signers.
        const [found] = await later.model(action.model).version(action.version).signatures();
        expect(found?.keyId).toBe(signature.keyId);
      };
    }
    case 'prune': {
      const { keepLast } = action;
      const { pruned } = await pruneVersions(store, action.model, { keepLast, ...by });
      return (_, later) => {
        for (const number of pruned) {
          const name = `${String(number).padStart(8, '0')}.json`;
          expect(later.has(`models/${action.model}/pruned/${name}`)).toBe(true);
        }
        return Promise.resolve();
      };
    }
    case 'collect':
      await collectGarbage(store, { graceMs: 0 });
      return () => Promise.resolve();
    case 'collect, dry run': {
      const before = changes();
      await collectGarbage(store, { graceMs: 0, dryRun: true });
      expect(changes()).toBe(before);
      return () => Promise.resolve();
    }
    case 'import':
      await importModels(store, archive);
      return async (later) => {
        expect(await later.listVersions('imported')).toHaveLength(3);
        for (const number of [2, 3]) {
          await (await later.openVersion('imported', number)).read('model.onnx');
        }
      };
    case 'verify':
      expect((await verifyRegistry(registry.store)).problems).toEqual([]);
      return () => Promise.resolve();
    case 'load': {
      const opened = await registry.openVersion(action.model, action.version);
      expect(await opened.read('model.onnx')).toHaveLength('content 0'.length);
      return () => Promise.resolve();
    }
    case 'export': {
      const to = join(mkdtempSync(join(folder, 'export-')), 'models.tar');
      await exportModels(store, to);
      return async () => {
        const copy = new MemoryStore();
        await importModels(copy, to);
        expect((await verifyRegistry(copy)).problems).toEqual([]);
      };
    }
  }
}

test('no order of the calls of several actors, some of them killed, removes referenced blobs or loses acknowledged records', async () => {
  let removed = 0;
  let killed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 2 }),
      fc.array(actor, { minLength: 2, maxLength: 3 }),
      fc.scheduler(),
      async (more, actors, scheduler) => {
        const violations: string[] = [];
        const shared = new MemoryStore((store, change) => {
          if (change.startsWith('remove blobs/')) removed += 1;
          for (const missing of missingBlobs(store)) violations.push(`${change}: ${missing}`);
        });
        const facts: ((registry: ModelRegistry, store: MemoryStore) => Promise<void>)[] = [];
        const act = async (name: string, todo: readonly Step[], calls: number): Promise<void> => {
          const one = new InterleavedActor(name, scheduler, shared, calls);
          const at = { store: one.store, changes: () => one.changes };
          for (const action of todo) {
            try {
              facts.push(await run(at, name, action));
            } catch (error) {
              if (one.isKilled) {
                killed += 1;
                return;
              }
              if (!(error instanceof RegistryError) || !refusals.has(error.code)) throw error;
            }
          }
        };
        await scheduler.waitFor(act('first', [...beginning, ...more], Infinity));
        await scheduler.waitFor(
          Promise.all(actors.map(({ steps: todo, calls }, index) => act(`${index}`, todo, calls))),
        );

        expect(violations).toEqual([]);
        const registry = new ModelRegistry({ store: shared });
        expect((await verifyRegistry(registry.store)).problems).toEqual([]);
        for (const holds of facts) await holds(registry, shared);
        // Nothing stays permanently: blobs that are left after one more collection are referenced, or leased for a day by a killed process.
        await collectGarbage(shared, { graceMs: 0 });
        expect(violations).toEqual([]);
        expect((await verifyRegistry(registry.store)).problems).toEqual([]);
        for (const key of shared.objects.keys()) expect(key).toMatch(/^(models|blobs|claims)\//);
      },
    ),
    { numRuns: 120 },
  );
  expect(removed).toBeGreaterThan(10);
  expect(killed).toBeGreaterThan(10);
});

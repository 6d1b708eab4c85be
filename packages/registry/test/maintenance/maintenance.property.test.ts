import {
  backupRegistry,
  collectGarbage,
  pruneVersions,
  restoreRegistry,
  verifyRegistry,
} from '@fairlead/registry/maintenance';
import { AliasConflictError, ModelRegistry, RegistryError } from '@fairlead/registry';
import fc from 'fast-check';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { digits, temporaryFolder, temporaryRegistry } from '../support/sample-registry.ts';

const actor = 'ada';
const models = ['digits', 'wine'] as const;

type Step =
  | { readonly do: 'push'; readonly model: string; readonly content: number }
  | { readonly do: 'set'; readonly model: string; readonly alias: string; readonly version: number }
  | { readonly do: 'roll back'; readonly model: string; readonly alias: string }
  | { readonly do: 'archive'; readonly model: string; readonly version: number }
  | { readonly do: 'prune'; readonly model: string; readonly keepLast: number }
  | { readonly do: 'collect' };

const model = fc.constantFrom(...models);
const alias = fc.constantFrom('champion', 'candidate');
const version = fc.integer({ min: 1, max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  // Few contents, so that versions share blobs and pushes find those that are being collected.
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('push' as const), model, content: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('set' as const), model, alias, version }) },
  fc.record({ do: fc.constant('roll back' as const), model, alias }),
  fc.record({ do: fc.constant('archive' as const), model, version }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('prune' as const),
      model,
      keepLast: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('collect' as const) }) },
);

/** A trace that surely collects something: few of the random ones may. */
const collects: Step[][] = [
  [{ do: 'push', model: 'digits', content: 0 }],
  [{ do: 'push', model: 'digits', content: 1 }],
  [{ do: 'prune', model: 'digits', keepLast: 1 }],
  [{ do: 'collect' }],
];

const expected: ReadonlySet<string> = new Set([
  'ERR_REGISTRY_MODEL_NOT_FOUND',
  'ERR_REGISTRY_VERSION_NOT_FOUND',
  'ERR_REGISTRY_ALIAS_NOT_FOUND',
  'ERR_REGISTRY_ALIAS_CONFLICT',
  'ERR_REGISTRY_NOTHING_TO_ROLL_BACK',
  'ERR_REGISTRY_VERSION_PRUNED',
  'ERR_REGISTRY_ARCHIVED',
  'ERR_REGISTRY_IN_USE',
]);

test('any concurrent sequence of operations leaves all blobs that a manifest or an alias references', async () => {
  let collected = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 }),
      async (batches) => {
        const { folder, store, registry } = temporaryRegistry();
        const run = async (action: Step): Promise<void> => {
          // One registry for each, as processes have.
          const own = new ModelRegistry({ store });
          switch (action.do) {
            case 'push': {
              const content = `content ${action.content}`;
              const { manifest } = await own.push(digits(content, { model: action.model }));
              acknowledged.push([action.model, manifest.version]);
              return;
            }
            case 'set':
              await own.setAlias(action.model, action.alias, action.version, { actor });
              return;
            case 'roll back':
              await own.rollback(action.model, action.alias, { actor });
              return;
            case 'archive':
              await own.model(action.model).version(action.version).archive({ actor });
              return;
            case 'prune': {
              const { model: name, keepLast } = action;
              const report = await pruneVersions(store, name, { keepLast, actor });
              for (const number of report.pruned) pruned.add(`${name} ${number}`);
              return;
            }
            case 'collect':
              collected += (await collectGarbage(store, { graceMs: 0 })).removed.length;
          }
        };
        const acknowledged: (readonly [string, number])[] = [];
        const pruned = new Set<string>();

        for (const batch of batches) {
          for (const outcome of await Promise.allSettled(batch.map(run))) {
            if (outcome.status === 'fulfilled') continue;
            const error: unknown = outcome.reason;
            if (error instanceof AliasConflictError) continue;
            expect(error).toBeInstanceOf(RegistryError);
            expect(expected).toContain((error as RegistryError).code);
          }
          expect((await verifyRegistry(registry.store)).problems).toEqual([]);
        }

        // Acknowledged versions that were not pruned, and all that an alias has ever pointed to, are complete.
        const meant = new Set<string>();
        for (const name of models) {
          for (const { alias: which, version: number } of await entriesOf(registry, name)) {
            expect(which).not.toBe('');
            meant.add(`${name} ${number}`);
          }
        }
        for (const [name, number] of acknowledged) {
          const opened = await registry.openVersion(name, number);
          const key = `${name} ${number}`;
          if (pruned.has(key) && !meant.has(key)) continue;
          expect(await opened.read('model.onnx')).toHaveLength(9);
        }
        const work = temporaryFolder();
        await backupRegistry(store, join(work, 'backup.tar'));
        const restored = await restoreRegistry(join(work, 'backup.tar'), join(work, 'restored'));
        expect(restored.verified).toEqual({ ...(await verifyRegistry(registry.store)) });
        rmSync(work, { recursive: true });
        rmSync(folder, { recursive: true });
      },
    ),
    { numRuns: 15, examples: [[collects]] },
  );
  expect(collected).toBeGreaterThan(0);
});

async function entriesOf(registry: ModelRegistry, name: string) {
  const summary = (await registry.listModels()).find((other) => other.model === name);
  const histories = Object.keys(summary?.aliases ?? {}).map((which) =>
    registry.history(name, which),
  );
  return (await Promise.all(histories)).flat();
}

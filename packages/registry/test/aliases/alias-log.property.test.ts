import { AliasConflictError, ModelRegistry, RegistryError } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digits, temporaryRegistry } from '../support/sample-registry.ts';

const VERSIONS = 4;

type Step =
  | { readonly do: 'set'; readonly who: number; readonly version: number }
  | {
      readonly do: 'compare-and-set';
      readonly who: number;
      readonly version: number;
      readonly expected: number | null;
    }
  | { readonly do: 'roll back'; readonly who: number; readonly steps: number };

const who = fc.nat(1);
const version = fc.integer({ min: 1, max: VERSIONS });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('set' as const), who, version }),
  fc.record({
    do: fc.constant('compare-and-set' as const),
    who,
    version,
    expected: fc.option(version, { nil: null }),
  }),
  fc.record({ do: fc.constant('roll back' as const), who, steps: fc.integer({ min: 1, max: 3 }) }),
);

/** Model of an alias in memory: all its values, and an undo stack. */
interface Model {
  readonly log: number[];
  undo: number[];
}

function expectedCode(model: Model, action: Step): string | undefined {
  const now = model.undo.at(-1) ?? null;
  switch (action.do) {
    case 'set':
      return undefined;
    case 'compare-and-set':
      return action.expected === now ? undefined : 'ERR_REGISTRY_ALIAS_CONFLICT';
    case 'roll back':
      if (now === null) return 'ERR_REGISTRY_ALIAS_NOT_FOUND';
      return model.undo.length > action.steps ? undefined : 'ERR_REGISTRY_NOTHING_TO_ROLL_BACK';
  }
}

function apply(model: Model, action: Step): void {
  if (action.do === 'roll back') model.undo = model.undo.slice(0, -action.steps);
  else if (model.undo.at(-1) === action.version) return;
  else model.undo.push(action.version);
  model.log.push(model.undo.at(-1) ?? 0);
}

function run(registry: ModelRegistry, alias: string, action: Step): Promise<unknown> {
  const actor = `actor-${action.who}`;
  switch (action.do) {
    case 'set':
      return registry.setAlias('digits', alias, action.version, { actor });
    case 'compare-and-set':
      return registry.setAlias('digits', alias, action.version, {
        actor,
        expected: action.expected,
      });
    case 'roll back':
      return registry.rollback('digits', alias, { actor, steps: action.steps });
  }
}

test('any changes by two writers have the same result as on a list with an undo stack', async () => {
  const { store, registry } = temporaryRegistry();
  for (let index = 1; index <= VERSIONS; index += 1)
    await registry.push(digits(`content ${index}`));
  const writers = [registry, new ModelRegistry({ store })] as const;
  let aliases = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (trace) => {
      const alias = `alias-${(aliases += 1)}`;
      const model: Model = { log: [], undo: [] };
      for (const action of trace) {
        const code = expectedCode(model, action);
        const done = run(writers[action.who === 0 ? 0 : 1], alias, action);
        if (code === undefined) {
          await done;
          apply(model, action);
        } else {
          await expect(done).rejects.toMatchObject({ code });
        }
        const now = model.undo.at(-1);
        for (const reader of [...writers, new ModelRegistry({ store })]) {
          if (now === undefined) continue;
          expect((await reader.resolve('digits', alias)).version).toBe(now);
        }
      }
      if (model.log.length === 0) return;
      const history = await registry.history('digits', alias);
      expect(history.map((entry) => entry.version)).toEqual(model.log);
      expect(history.map((entry) => entry.previous)).toEqual([null, ...model.log.slice(0, -1)]);
    }),
    { numRuns: 40 },
  );
  expect((await verifyRegistry(registry.store)).problems).toEqual([]);
});

test('of concurrent changes one writes each entry, and the errors of the others name it', async () => {
  const { store, registry } = temporaryRegistry();
  for (let index = 1; index <= VERSIONS; index += 1)
    await registry.push(digits(`content ${index}`));
  let aliases = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (actions) => {
      const alias = `alias-${(aliases += 1)}`;
      await registry.setAlias('digits', alias, 1, { actor: 'first' });
      const outcomes = await Promise.allSettled(
        actions.map((action) => run(new ModelRegistry({ store }), alias, action)),
      );
      const history = await registry.history('digits', alias);
      expect(history.map(({ number }) => number)).toEqual(history.map((_, index) => index + 1));
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') expect(history).toContainEqual(outcome.value);
        else if (outcome.reason instanceof AliasConflictError) {
          expect(history).toContainEqual(outcome.reason.winner);
        } else {
          expect(outcome.reason).toBeInstanceOf(RegistryError);
          expect(outcome.reason).toMatchObject({ code: 'ERR_REGISTRY_NOTHING_TO_ROLL_BACK' });
        }
      }
    }),
    { numRuns: 25 },
  );
});

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { runUntilKilled } from '../kill-process.ts';
import {
  type Acknowledgment,
  collect,
  importAgain,
  type KilledWriter,
  pushAndPromote,
  type WriterRecord,
  withWorkFolder,
} from './killed-writers.ts';

/** Options of the kills of writers. */
export interface KillOptions {
  readonly location: string;
  /** Writers that are killed in all. */
  readonly kills: number;
  /** Writers at a time. */
  readonly atATime: number;
  readonly onRound?: (killed: number) => void;
}

/** Acknowledgments of the killed writers. */
export interface KillReport {
  readonly killed: number;
  /** Of each kind, how many things were acknowledged. */
  readonly acknowledged: Readonly<Record<string, number>>;
  readonly versions: number;
}

const kinds: readonly KilledWriter[] = [pushAndPromote, collect, importAgain];

/** A writer waits for a killed collection for a minute; it is killed while it waits. */
const LONGEST_MS = 10_000;

/**
 * Kills writers of all kinds (SIGKILL) at random moments, on the empty store at `location`.
 *
 * Fails unless the registry verifies after each round, and has all that was acknowledged in the end.
 */
export function killWriters(options: KillOptions): Promise<KillReport> {
  return withWorkFolder((folder) => killAll(options, folder));
}

async function killAll(
  { location, kills, atATime, onRound }: KillOptions,
  folder: string,
): Promise<KillReport> {
  const store = await openStore(location, { create: true });
  const recordsOf = new Map(kinds.map((kind): [KilledWriter, WriterRecord[]] => [kind, []]));
  let killed = 0;
  for (let round = 0; killed < kills; round += 1) {
    const writers = Array.from({ length: Math.min(atATime, kills - killed) }, async (_, index) => {
      const kind = kinds[(killed + index) % kinds.length] ?? pushAndPromote;
      const actor = `w-${round}-${index}`;
      const prepared = (await kind.prepare?.(folder, actor)) ?? '';
      const { lines, killed: wasKilled } = await runUntilKilled(
        kind.script,
        [location, actor, prepared],
        // The first ones get further, so that every run has something to lose; the first line only says that it begins.
        {
          lines: 1 + (round === 0 ? 3 : randomInt(6)),
          waitMs: round === 0 ? 90_000 : LONGEST_MS,
          // From within the very next system calls to a few pushes later.
          moreMs: Math.random() ** 2 * 100,
        },
      );
      assert.ok(wasKilled, `${actor} ended by itself`);
      const acknowledgments = lines.slice(1).map((line) => JSON.parse(line) as Acknowledgment);
      recordsOf.get(kind)?.push({ actor, prepared, acknowledgments });
    });
    // All writers, also when one fails: none may run on.
    const outcomes = await Promise.allSettled(writers);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    killed += writers.length;
    const { problems } = await verifyRegistry(store);
    assert.deepEqual(problems, [], `after ${killed} kills`);
    onRound?.(killed);
  }
  for (const [{ check }, all] of recordsOf) await check(store, all);
  const { problems, manifests } = await verifyRegistry(store);
  assert.deepEqual(problems, []);
  await checkNothingFromNowhere(new ModelRegistry({ store }), recordsOf, killed);
  const acknowledged = Object.fromEntries(
    [...recordsOf].map(([{ name }, all]) => [
      name,
      all.reduce((sum, { acknowledgments }) => sum + acknowledgments.length, 0),
    ]),
  );
  return { killed, acknowledged, versions: manifests };
}

/** A kill can cut off one acknowledgment of a version that was made; nothing else came from nowhere. */
async function checkNothingFromNowhere(
  registry: ModelRegistry,
  recordsOf: ReadonlyMap<KilledWriter, readonly WriterRecord[]>,
  killed: number,
): Promise<void> {
  const models = await registry.listModels();
  const versions = models
    .filter(({ model }) => model === 'digits' || model === 'scratch')
    .reduce((sum, { versions: count }) => sum + count, 0);
  const pushed = [...recordsOf.values()]
    .flat()
    .flatMap(({ acknowledgments }) => acknowledgments)
    .filter((each) => each.pushed !== undefined).length;
  assert.ok(versions <= pushed + killed, `${versions} versions of ${pushed} pushes`);
}

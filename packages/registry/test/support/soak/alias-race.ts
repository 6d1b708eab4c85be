import assert from 'node:assert/strict';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { runProcesses } from '../run-process.ts';

/** Result of concurrent changes of an alias. */
export interface AliasRace {
  /** Attempts that created an entry. */
  readonly won: number;
  /** Attempts that got a conflict, each with the stored entry. */
  readonly lost: number;
  readonly seconds: number;
}

interface Report {
  readonly actor: string;
  readonly won: readonly number[];
  readonly lost: readonly { number: number; actor: string; seal: string }[];
}

// One imitation of S3 on one machine answers all of them.
const patient = { retryBudgetMs: 600_000, timeoutMs: 120_000 };
const script = new URL('../processes/set-alias-many.ts', import.meta.url);

/**
 * Lets `writers` processes change one alias `rounds` times each, in the empty store at `location`.
 *
 * Fails unless each number has exactly one winner, every conflict names the stored entry, and the registry verifies.
 */
export async function raceForAlias(
  location: string,
  writers: number,
  rounds: number,
): Promise<AliasRace> {
  const store = await openStore(location, patient);
  const parent = new ModelRegistry({ store });
  for (const content of ['one', 'two', 'three']) {
    await parent.push({
      model: 'digits',
      runtime: { name: 'onnx' },
      signature: { inputs: [], outputs: [] },
      files: { 'model.onnx': Buffer.from(content) },
      actor: 'parent',
    });
  }
  await parent.setAlias('digits', 'champion', 1, { actor: 'parent' });
  const startedAt = performance.now();
  const reports = (await runProcesses(
    script,
    Array.from({ length: writers }, (_, index) => [location, `writer-${index}`, String(rounds)]),
  )) as readonly Report[];
  const seconds = (performance.now() - startedAt) / 1000;

  const history = await new ModelRegistry({ store }).history('digits', 'champion');
  const wins = reports.flatMap(({ actor, won }) => won.map((number) => ({ number, actor })));
  assert.deepEqual(
    wins.sort((a, b) => a.number - b.number),
    history.slice(1).map(({ number, actor }) => ({ number, actor })),
    'each entry has exactly one winner, who knows it',
  );
  let lost = 0;
  for (const { actor, lost: losses } of reports) {
    for (const { number, actor: winner, seal } of losses) {
      const entry = history[number - 1];
      assert.deepEqual({ winner: entry?.actor, seal: entry?.seal }, { winner, seal });
      assert.notEqual(winner, actor, 'no writer conflicts with itself');
      lost += 1;
    }
  }
  assert.equal(wins.length + lost, writers * rounds, 'every attempt was either won or lost');
  const report = await verifyRegistry(parent.store);
  assert.deepEqual(report.problems, []);
  assert.equal(report.aliasEntries, history.length);
  return { won: wins.length, lost, seconds };
}

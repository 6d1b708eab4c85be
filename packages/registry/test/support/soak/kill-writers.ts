import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelRegistry, type ObjectStore, openStore } from '@fairlead/registry';
import { ended, nodeArguments } from '../run-process.ts';

/** One line of a writer: what the registry has acknowledged to it. */
type Acknowledgement = Readonly<Record<string, unknown>>;

/** A program that changes a registry until it is killed, and how to tell that nothing it was told is lost. */
export interface KilledWriter {
  /**
   * Is run with the store's location and the writer's name; writes a line of JSON once it begins, and one for each
   * thing that was acknowledged.
   */
  readonly script: URL;
  /** Fails unless all of `acknowledged` is in the registry. */
  readonly check: (
    registry: ModelRegistry,
    acknowledged: readonly Acknowledgement[],
  ) => Promise<void>;
}

/** Pushes versions and promotes them. */
export const pushAndPromote: KilledWriter = {
  script: new URL('../processes/push-until-killed.ts', import.meta.url),
  async check(registry, acknowledged) {
    const sets = acknowledged.filter(({ set }) => set !== undefined);
    const history = sets.length === 0 ? [] : await registry.history('digits', 'champion');
    for (const { set, seal } of sets) assert.equal(history[Number(set) - 1]?.seal, seal);
    for (const { pushed, seal } of acknowledged.filter((each) => each.pushed !== undefined)) {
      const { manifest, read } = await registry.openVersion('digits', Number(pushed));
      assert.equal(manifest.seal, seal);
      for (const { path, size } of manifest.files) {
        assert.equal((await read(path)).length, size);
      }
    }
  },
};

/** How writers are killed. */
export interface KillOptions {
  readonly location: string;
  /** Writers that are killed in all. */
  readonly kills: number;
  /** Writers at a time. */
  readonly atATime: number;
  /** @defaultValue `[pushAndPromote]` */
  readonly kinds?: readonly KilledWriter[];
  readonly onRound?: (killed: number) => void;
}

/** What the killed writers had been told. */
export interface KillReport {
  readonly killed: number;
  readonly acknowledged: number;
  readonly versions: number;
}

/**
 * Kills writers (SIGKILL) at random moments, on the empty store at `location`.
 *
 * Fails unless the registry verifies after each round, and has all that was acknowledged in the end.
 */
export async function killWriters(options: KillOptions): Promise<KillReport> {
  const { location, kills, atATime, kinds = [pushAndPromote], onRound } = options;
  const store: ObjectStore = await openStore(location);
  const registry = new ModelRegistry({ store });
  const told = kinds.map((): Acknowledgement[] => []);
  let killed = 0;
  for (let round = 0; killed < kills; round += 1) {
    const writers = Array.from({ length: Math.min(atATime, kills - killed) }, async (_, index) => {
      const kind = (killed + index) % kinds.length;
      const { script } = kinds[kind] ?? pushAndPromote;
      // The first ones get further, so that every run has something to lose.
      const least = round === 0 ? 3 : index % 3;
      told[kind]?.push(...(await writeUntilKilled(script, location, `w-${round}-${index}`, least)));
    });
    await Promise.all(writers);
    killed += writers.length;
    const { problems } = await new ModelRegistry({ store }).verify();
    assert.deepEqual(problems, [], `after ${killed} kills`);
    onRound?.(killed);
  }
  for (const [index, { check }] of kinds.entries()) await check(registry, told[index] ?? []);
  const versions = (await registry.listVersions('digits')).length;
  // A kill can cut off one acknowledgement of a version that was made; nothing else came from nowhere.
  const pushed = told.flat().filter((each) => each.pushed !== undefined).length;
  assert.ok(versions <= pushed + killed, `${versions} versions of ${pushed} pushes`);
  return { killed, acknowledged: told.flat().length, versions };
}

/** Runs a writer, kills it a random moment after some acknowledgements, and returns all that it got. */
async function writeUntilKilled(
  script: URL,
  location: string,
  actor: string,
  acknowledgements: number,
): Promise<Acknowledgement[]> {
  const child = spawn(process.execPath, nodeArguments(script, location, actor), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reached = Promise.withResolvers<undefined>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The first line only says that it begins.
    if (lines.push(line) > acknowledgements) reached.resolve(undefined);
  });
  await Promise.race([reached.promise, ended(child)]);
  // From within the very next system calls to a few pushes later.
  await sleep(Math.random() ** 2 * 100);
  child.kill('SIGKILL');
  await ended(child);
  assert.equal(child.signalCode, 'SIGKILL', `${actor} ended by itself`);
  return lines.slice(1).map((line) => JSON.parse(line) as Acknowledgement);
}

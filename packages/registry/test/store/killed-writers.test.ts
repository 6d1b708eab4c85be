import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ended, nodeArguments } from '../support/run-process.ts';
import { digits, temporaryRegistry } from '../support/sample-registry.ts';

const ROUNDS = 7;
const WRITERS = 3;
const script = new URL('../support/processes/push-until-killed.ts', import.meta.url);

interface Acknowledgement {
  readonly pushed?: number;
  readonly set?: number;
  readonly seal?: string;
}

test('kill -9 at any moment of a push leaves a registry that verifies and has all it acknowledged', async () => {
  const { folder, registry } = temporaryRegistry();
  const acknowledged: Acknowledgement[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // The first writers get further, so that every run has something to lose.
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      writeUntilKilled(folder, `writer-${round}-${writer}`, round === 0 ? 3 : writer),
    );
    acknowledged.push(...(await Promise.all(writers)).flat());
    expect(await registry.verify()).toMatchObject({ ok: true, problems: [] });
  }

  const pushes = acknowledged.filter(({ pushed }) => pushed !== undefined);
  const sets = acknowledged.filter(({ set }) => set !== undefined);
  expect(pushes.length).toBeGreaterThanOrEqual(WRITERS);
  expect(sets.length).toBeGreaterThan(0);
  for (const { pushed = 0, seal } of pushes) {
    const { manifest, read } = await registry.openVersion('digits', pushed);
    expect(manifest.seal).toBe(seal);
    expect(await read('model.onnx')).toHaveLength(200_000);
    expect(await read('scaler.bin')).toHaveLength(3000);
  }
  const history = await registry.history('digits', 'champion');
  for (const { set = 0, seal } of sets) expect(history[set - 1]?.seal).toBe(seal);

  // A kill can cut off one acknowledgement of a version that was made; nothing else came from nowhere.
  const versions = await registry.listVersions('digits');
  expect(versions.length).toBeLessThanOrEqual(pushes.length + ROUNDS * WRITERS);
  await registry.push(digits('the next one'));
  expect((await registry.verify()).ok).toBe(true);
}, 120_000);

/** Runs a writer, kills it a random moment after some acknowledgements, and returns all that it got. */
async function writeUntilKilled(
  folder: string,
  actor: string,
  acknowledgements: number,
): Promise<Acknowledgement[]> {
  const child = spawn(process.execPath, nodeArguments(script, folder, actor), {
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
  expect(child.signalCode).toBe('SIGKILL');
  return lines.slice(1).map((line) => JSON.parse(line) as Acknowledgement);
}

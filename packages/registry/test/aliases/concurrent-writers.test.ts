import { verifyRegistry } from '@fairlead/registry/maintenance';
import { expect, test } from 'vitest';
import { runProcess } from '../support/run-process.ts';
import { temporaryFolder, temporaryRegistry } from '../support/sample-registry.ts';
import { raceForAlias } from '../support/soak/alias-race.ts';

const PROCESSES = 4;
const actors = Array.from({ length: PROCESSES }, (_, index) => `writer-${index}`);

test('concurrent pushes of many processes get different version numbers', async () => {
  const { folder, registry } = temporaryRegistry();
  const script = new URL('../support/processes/push-many.ts', import.meta.url);
  const rounds = 12;
  const acknowledged = await Promise.all(
    actors.map((actor) => runProcess(script, folder, actor, String(rounds)) as Promise<number[]>),
  );
  const numbers = acknowledged.flat().sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: PROCESSES * rounds }, (_, index) => index + 1));
  for (const [index, versions] of acknowledged.entries()) {
    for (const [round, version] of versions.entries()) {
      const opened = await registry.openVersion('digits', version);
      expect(opened.manifest.actor).toBe(actors[index]);
      const content = Buffer.from(await opened.read('model.onnx')).toString();
      expect(content).toBe(`${actors[index] ?? ''} ${round}`);
    }
  }
  expect(await verifyRegistry(registry.store)).toMatchObject({
    ok: true,
    manifests: PROCESSES * rounds,
    blobs: PROCESSES * rounds + rounds,
  });
});

test('of many processes that change an alias concurrently exactly one writes each entry, and the errors of the others name it', async () => {
  const { won, lost } = await raceForAlias(temporaryFolder(), PROCESSES, 40);
  expect(won).toBeGreaterThan(0);
  expect(lost).toBeGreaterThan(0);
});

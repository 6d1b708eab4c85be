import { ModelRegistry } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { runProcess } from '../support/run-process.ts';
import { digits, temporaryRegistry } from '../support/sample-registry.ts';

const PROCESSES = 5;
const actors = Array.from({ length: PROCESSES }, (_, index) => `writer-${index}`);

test('each of many processes that push at a time gets version numbers of its own', async () => {
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
  expect(await registry.verify()).toMatchObject({
    ok: true,
    manifests: PROCESSES * rounds,
    blobs: PROCESSES * rounds + rounds,
  });
}, 60_000);

test('of many processes that change an alias at a time exactly one wins each entry, and the others are told who', async () => {
  const { folder, store, registry } = temporaryRegistry();
  for (const content of ['one', 'two', 'three']) await registry.push(digits(content));
  await registry.setAlias('digits', 'champion', 1, { actor: 'parent' });
  const script = new URL('../support/processes/set-alias-many.ts', import.meta.url);
  const reports = await Promise.all(
    actors.map((actor) => runProcess(script, folder, actor, '40') as Promise<Report>),
  );

  const history = await new ModelRegistry({ store }).history('digits', 'champion');
  const wins = reports.flatMap(({ actor, won }) => won.map((number) => ({ number, actor })));
  expect(wins.sort((a, b) => a.number - b.number)).toEqual(
    history.slice(1).map(({ number, actor }) => ({ number, actor })),
  );
  const losses = reports.flatMap(({ lost }) => lost);
  expect(losses.length).toBeGreaterThan(0);
  for (const loss of losses) expect(history[loss.number - 1]).toMatchObject(loss);
  for (const { actor, lost } of reports) {
    expect(lost.map((loss) => loss.actor)).not.toContain(actor);
  }
  expect(await registry.verify()).toMatchObject({ ok: true, aliasEntries: history.length });
}, 60_000);

interface Report {
  readonly actor: string;
  readonly won: number[];
  readonly lost: { number: number; actor: string; seal: string }[];
}

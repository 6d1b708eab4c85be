import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMoto } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { commandsOf, withOutputs } from '../support/console-page.ts';
import { commandsOfLine } from '../support/example-lines.ts';
import { run, runProcess } from '../support/fairlead.ts';
import { affine } from '../support/models.ts';
import { startPricing } from '../support/pricing-api.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { exampleMeasurement } = await import('@fairlead/sizing');

const REGISTRY = ['--registry', './registry'];
const pagePath = new URL('../../../../docs/sizing.md', import.meta.url);

function placeWithMeasurement() {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'churn.json'), JSON.stringify(exampleMeasurement));
  return { folder };
}

test('every command of docs/sizing.md prints the output on the page', async () => {
  const page = readFileSync(pagePath, 'utf8');
  const outputs: string[] = [];
  const place = placeWithMeasurement();
  for (const { command } of commandsOf(page)) {
    const [args = []] = commandsOfLine(command);
    const { exitCode, stdout, stderr } = await run(place, ...args);
    expect([exitCode, stderr]).toEqual([0, '']);
    outputs.push(stdout.trimEnd());
  }
  expect(outputs.length).toBeGreaterThanOrEqual(2);
  // Rewrites the page: review the difference like code.
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') writeFileSync(pagePath, withOutputs(page, outputs));
  const shown = commandsOf(readFileSync(pagePath, 'utf8')).map(({ output }) => output);
  expect(shown).toEqual(outputs);
});

/** Lines of the `sh` blocks of the page. */
function shellLines(): readonly string[] {
  const page = readFileSync(pagePath, 'utf8');
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block.trimEnd().split('\n'),
  );
}

test('every line of the shell blocks of docs/sizing.md works, one after the other', async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  const folder = temporaryFolder();
  const env = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_EC2: moto.endpoint,
    AWS_ENDPOINT_URL_PRICING: await startPricing('0.2500000000'),
  };
  copyFileSync(affine, join(folder, 'churn.onnx'));
  for (const words of ['registry init', 'model push churn churn.onnx', 'model promote churn 1']) {
    const { exitCode, stderr } = await run({ folder }, ...words.split(' '), ...REGISTRY);
    expect(exitCode, stderr).toBe(0);
  }
  const [measure = '', install = '', refresh = '', recommend = '', ...others] = shellLines();
  expect(others).toEqual([]);

  // Shorter than half a minute: what it finds is not the matter here.
  const measured = await runProcess({ folder }, ...wordsOf(measure), '--seconds', '0.3');
  expect(measured.exitCode, measured.stderr).toBe(0);
  expect(measure).toMatch(/ > churn\.json$/);
  expect(JSON.parse(measured.stdout)).toMatchObject({ measurement: { model: 'churn' } });

  // The packages that the next command needs, and not more.
  const { peerDependencies } = JSON.parse(
    readFileSync(new URL('../../../sizing/package.json', import.meta.url), 'utf8'),
  ) as { readonly peerDependencies: object };
  expect(install).toBe(`npm install ${Object.keys(peerDependencies).join(' ')}`);

  const refreshed = await runProcess({ folder, env }, ...wordsOf(refresh));
  expect([refreshed.exitCode, refreshed.stderr]).toEqual([0, '']);

  // With the measurement of the page: that of a busy machine reaches no goal.
  writeFileSync(join(folder, 'example.json'), JSON.stringify(exampleMeasurement));
  const [size = '', model = '', ...options] = wordsOf(recommend);
  expect([size, model]).toEqual(['size', 'churn']);
  const shown = await run({ folder }, 'size', '--measurement', 'example.json', ...options);
  expect([shown.exitCode, shown.stderr]).toEqual([0, '']);
  expect(shown.stdout).toContain('(eu-west-1, prices of ');
});

function wordsOf(line: string): readonly string[] {
  const [words = []] = commandsOfLine(line);
  return words;
}

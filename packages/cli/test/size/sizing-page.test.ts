import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandsOf, withOutputs } from '../support/console-page.ts';
import { commandsOfLine } from '../support/example-lines.ts';
import { run } from '../support/fairlead.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { exampleMeasurement } = await import('@fairlead/sizing');

const pagePath = new URL('../../../../docs/sizing.md', import.meta.url);
const TABLE = /^\| deployment .*\n(?:\|.*\n)+/m;

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

test('the costs of a small, a middle and a large deployment are those that the command computes', async () => {
  const rows: string[] = [];
  for (const [name, rate] of [
    ['small', 50],
    ['middle', 2_000],
    ['large', 20_000],
  ] as const) {
    const args = ['--requests-per-second', String(rate), '--json'];
    const { stdout } = await run(
      placeWithMeasurement(),
      ...['size', '--measurement', 'churn.json', ...args],
    );
    const { recommendation } = JSON.parse(stdout) as {
      readonly recommendation: Record<'best', Sized> & { readonly others: readonly Sized[] };
    };
    const { best, others } = recommendation;
    const choices = [best, ...others];
    const steady = choices.find(({ burstable }) => !burstable);
    const x86 = choices.find((each) => !each.burstable && each.architecture === 'x86_64');
    rows.push(
      `| ${[name, rate, rate * 2, describe(best), describe(steady), describe(x86)].join(' | ')} |`,
    );
  }
  const page = readFileSync(pagePath, 'utf8');
  const heads = ['deployment', 'requests/s', 'at the peak', 'cheapest', 'not burstable', 'x86'];
  const table = [`| ${heads.join(' | ')} |`, '| --- | --- | --- | --- | --- | --- |', ...rows];
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') {
    writeFileSync(
      pagePath,
      page
        .replace(/^COST_TABLE\n/m, `${table.join('\n')}\n`)
        .replace(TABLE, `${table.join('\n')}\n`),
    );
  }
  const shown = TABLE.exec(readFileSync(pagePath, 'utf8'))?.[0] ?? '';
  expect(cells(shown)).toEqual(cells(`${table.join('\n')}\n`));
});

interface Sized {
  readonly type: string;
  readonly architecture: string;
  readonly burstable: boolean;
  readonly hosts: number;
  readonly monthlyCost: number;
}

function describe(sized: Sized | undefined): string {
  if (sized === undefined) return '';
  return `${sized.hosts} × ${sized.type}: ${Math.round(sized.monthlyCost)} USD`;
}

/** Cells of a table, however Prettier aligns it. */
function cells(table: string): readonly (readonly string[])[] {
  const lines = table.trimEnd().split('\n');
  return lines
    .filter((_line, index) => index !== 1)
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

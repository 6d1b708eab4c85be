import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/settings.md');

/** The cells of the rows of the tables in a text. */
function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}

/** The variables in the first column of the table under a heading of the page. */
function section(heading: string): string {
  return page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
}

const names = (text: string): string[] => [...new Set(text.match(/FAIRLEAD_[A-Z_]+/g))].sort();
const documented = (heading: string): string[] =>
  rows(section(heading)).flatMap(([, variable = '']) => names(variable));

test('lists the settings of the starter and of the set-up, all of them', () => {
  const known = names(read('tools/sample/src/sample-settings.ts')).filter(
    (name) => name !== 'FAIRLEAD_',
  );
  expect([...documented('Sample application'), ...documented('Set-up')].sort()).toEqual(known);
  expect(documented('Set-up')).toEqual(names(read('tools/setup/src/python-packages.mjs')));
});

test("says of Flask what Flask's own page says", () => {
  const ofFlask = rows(read('apps/flask-model/README.md')).filter(([, variable = '']) =>
    variable.startsWith('`FAIRLEAD_'),
  );
  expect(ofFlask.length).toBeGreaterThan(0);
  expect(rows(section('Flask'))).toEqual(ofFlask);
  expect(documented('Flask').sort()).toEqual(
    names(read('apps/flask-model/src/fairlead_flask_model/settings.py')),
  );
});

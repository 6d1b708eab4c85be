import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/settings.md');

/** Returns the cells of the tables in a text, by row. */
function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}

/** Returns the text under a heading of the page. */
function section(heading: string): string {
  return page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
}

const names = (text: string): string[] => [...new Set(text.match(/FAIRLEAD_[A-Z_]+/g))].sort();
const documented = (heading: string): string[] =>
  rows(section(heading)).flatMap(([, variable = '']) => names(variable));

test('docs/settings.md lists every setting of the starter and of the set-up', () => {
  const known = names(read('tools/sample/src/sample-settings.ts')).filter(
    (name) => name !== 'FAIRLEAD_',
  );
  expect([...documented('Sample application'), ...documented('Set-up')].sort()).toEqual(known);
  expect(documented('Set-up')).toEqual(names(read('tools/setup/src/python-packages.mjs')));
});

test('docs/settings.md describes the settings of Flask as the README of Flask does', () => {
  const ofFlask = rows(read('apps/flask-model/README.md')).filter(([, variable = '']) =>
    variable.startsWith('`FAIRLEAD_'),
  );
  expect(ofFlask.length).toBeGreaterThan(0);
  expect(rows(section('Flask'))).toEqual(ofFlask);
  expect(documented('Flask').sort()).toEqual(
    names(read('apps/flask-model/src/fairlead_flask_model/settings.py')),
  );
});

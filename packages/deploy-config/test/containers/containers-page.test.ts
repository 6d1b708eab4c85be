import { readFileSync, writeFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { containersSchema } from '../../src/containers/containers-schema.ts';
import { knownSettings } from '../../src/known-settings.ts';
import { documentedSettings } from '../support/documented-settings.ts';

const path = new URL('../../../../docs/containers.md', import.meta.url);
const MARK = '<!-- A test compares this table with the declarations. -->\n';
const settings = documentedSettings('ContainersInput');

/** Cells without the padding that prettier adds. */
const bare = (text: string): string => text.replaceAll(/ *\| */g, '|').replaceAll(/-{2,}/g, '--');

it('docs/containers.md lists every setting with its description and default', () => {
  const rows = settings.map(
    ({ name, fallback, description }) => `| \`${name}\` | ${fallback} | ${description} |`,
  );
  const table = ['| setting | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  const [before = '', after = ''] = readFileSync(path, 'utf8').split(MARK);
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') {
    writeFileSync(path, `${before}${MARK}\n${table}\n`);
  } else expect(bare(after).trim()).toBe(bare(table));
});

it('every setting of the schema has a declaration with a description', () => {
  const known = (at: readonly string[]): readonly string[] =>
    knownSettings(containersSchema, at).flatMap((name) => [
      [...at, name].join('.'),
      ...known([...at, name]),
    ]);
  expect(new Set(settings.map(({ name }) => name))).toEqual(new Set(known([])));
  expect(settings.filter(({ description }) => description === '')).toEqual([]);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { environmentsSchema } from '../../src/environments/environments-schema.ts';
import { knownSettings } from '../../src/known-settings.ts';
import { documentedSettings } from '../support/documented-settings.ts';

const path = new URL('../../../../docs/deploy.md', import.meta.url);
const MARK = '<!-- A test compares this table with the declarations. -->\n';

const settings = documentedSettings('EnvironmentInput').filter(
  // Fields of a deployment are listed in docs/deployment.md.
  ({ name }) => !name.startsWith('deployment.'),
);

/** Cells without the padding that prettier adds. */
const bare = (text: string): string => text.replaceAll(/ *\| */g, '|').replaceAll(/-{2,}/g, '--');

it('docs/deploy.md lists every setting of an environment with its description and default', () => {
  const rows = settings.map(
    ({ name, fallback, description }) => `| \`${name}\` | ${fallback} | ${description} |`,
  );
  const table = ['| setting | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  const page = readFileSync(path, 'utf8');
  const [before = '', after = ''] = page.split(MARK);
  const [, rest = ''] = /^[^#]*?(\n## .*)?$/s.exec(after) ?? [];
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') {
    writeFileSync(path, `${before}${MARK}\n${table}\n${rest}`);
  } else expect(bare(after.slice(0, after.length - rest.length)).trim()).toBe(bare(table));
});

it('every setting of the schema has a declaration with a description', () => {
  const known = (at: readonly string[]): readonly string[] =>
    knownSettings(environmentsSchema, ['a', ...at]).flatMap((name) => [
      [...at, name].join('.'),
      ...known([...at, name]),
    ]);
  const documented = settings.map(({ name }) => name.replaceAll('[]', ''));
  for (const name of known([])) expect(documented).toContain(name);
  expect(settings.filter(({ description }) => description === '')).toEqual([]);
});

it('the environment of docs/aws.md is correct', async () => {
  const page = readFileSync(new URL('../../../../docs/aws.md', import.meta.url), 'utf8');
  const folder = mkdtempSync(join(import.meta.dirname, '.page-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const [, block = ''] = /^```ts\n(\/\/ fairlead\.config\.ts, beside.*?)^```$/ms.exec(page) ?? [];
  const file = join(folder, 'aws.ts');
  writeFileSync(file, block);
  const { environments } = (await import(file)) as { readonly environments: object };
  expect(environments).toMatchObject({ production: { hosts: { region: 'eu-central-1' } } });
});

it.each(['ci.md', 'deploy.md', 'from-a-tutorial.md'])(
  'the configurations of docs/%s are complete and correct',
  async (name) => {
    const page = readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');
    const folder = mkdtempSync(join(import.meta.dirname, '.page-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [index, [, block = '']] of blocks.entries()) {
      const file = join(folder, `${index}.ts`);
      writeFileSync(file, block);
      const module = (await import(file)) as { readonly environments: object };
      expect(Object.keys(module.environments)).toContain('production');
    }
  },
);

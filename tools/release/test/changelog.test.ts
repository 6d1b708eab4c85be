import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

it('the changelog has a heading for each package', () => {
  const { release } = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as {
    readonly release: { readonly conventionalCommits: { readonly types: object } };
  };
  const packages = globSync('packages/*', { cwd: root }).map((path) => basename(path));
  expect(Object.keys(release.conventionalCommits.types)).toEqual(packages.sort());
});

import { existsSync, globSync, readFileSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

const list = JSON.parse(
  readFileSync(new URL('../src/long-tests.json', import.meta.url), 'utf8'),
) as readonly string[];

test('each long test is a file of the repository', () => {
  const missing = list.filter((file) => !existsSync(new URL(`../../../${file}`, import.meta.url)));
  expect(missing).toEqual([]);
  expect([...list].sort()).toEqual(list);
});

test('each project keeps a test, without which it would have no report', () => {
  const projectOf = (file: string): string => file.split('/test/')[0] ?? '';
  const root = new URL('../../../', import.meta.url).pathname;
  const others = globSync('{packages,apps,tools}/*/test/**/*.test.ts', { cwd: root })
    .filter((file) => !list.includes(file))
    .map(projectOf);
  expect([...new Set(list.map(projectOf))].filter((project) => !others.includes(project))).toEqual(
    [],
  );
});

async function excluded(): Promise<readonly string[]> {
  vi.resetModules();
  // eslint-disable-next-line @nx/enforce-module-boundaries -- the configuration of all projects, which belongs to none
  const { default: config } = await import('../../../vitest.config.ts');
  return config.test?.exclude ?? [];
}

test('Vitest leaves the long tests of a project out if it is to', async () => {
  const cwd = vi.spyOn(process, 'cwd');
  cwd.mockReturnValue(new URL('../../../packages/deploy', import.meta.url).pathname);
  vi.stubEnv('FAIRLEAD_SHORT_TESTS', '');
  expect(await excluded()).not.toContain('test/agent/agent.test.ts');
  vi.stubEnv('FAIRLEAD_SHORT_TESTS', '1');
  const files = await excluded();
  vi.unstubAllEnvs();
  expect(files).toContain('test/agent/agent.test.ts');
  expect(files.filter((file) => file.includes('..'))).toEqual([]);
});

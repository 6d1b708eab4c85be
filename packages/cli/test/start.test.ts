import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeWithRegistry, runProcess } from './support/fairlead.ts';

const HOOK = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  },
});`;

/** The modules that a run of the command loads, without those of Node, in a real process. */
async function modulesOf(...args: readonly string[]): Promise<readonly string[]> {
  const place = placeWithRegistry();
  const hook = join(place.folder, 'hook.mjs');
  const loaded = join(place.folder, 'loaded.txt');
  writeFileSync(hook, HOOK);
  const env = { ...place.env, LOADED: loaded, NODE_OPTIONS: `--import=${hook}` };
  await runProcess({ ...place, env }, ...args);
  const urls = readFileSync(loaded, 'utf8').trim().split('\n');
  expect(urls.some((url) => url.endsWith('/packages/cli/src/bin.ts'))).toBe(true);
  return urls.filter((url) => !url.startsWith('node:'));
}

/** Modules of the command itself, below `src`. */
const ownModules = (urls: readonly string[]): readonly string[] =>
  urls.flatMap((url) => /\/packages\/cli\/src\/(.*)/.exec(url)?.[1] ?? []).sort();

const COMMANDER = /\/(?:@commander-js|commander)\//;

test.each([
  ['the help of a command', ['model', 'push', '--help']],
  ['the version', ['--version']],
  ['completion', ['__complete', '--', 'model', '']],
  ['an unknown command', ['model', 'pusch']],
])('%s loads the command line and commander alone', async (_what, args) => {
  const urls = await modulesOf(...args);
  const others = urls.filter((url) => !url.includes('/packages/cli/src/') && !COMMANDER.test(url));
  expect(others).toEqual([]);
});

test('--help loads no module of a command', async () => {
  const urls = await modulesOf('--help');
  expect(ownModules(urls).filter((path) => path.startsWith('commands/'))).toEqual([
    'commands/commands.ts',
    'commands/key/key-commands.ts',
    'commands/model/model-commands.ts',
    'commands/registry/registry-commands.ts',
  ]);
  // Each costs about half a millisecond: load a new one with the command that needs it.
  expect(urls.length).toBeLessThanOrEqual(26);
});

test('model list loads its own module, and of the libraries what reads a registry', async () => {
  const urls = await modulesOf('model', 'list');
  expect(ownModules(urls).filter((path) => path.endsWith('-command.ts'))).toEqual([
    'commands/model/list-command.ts',
  ]);
  const packages = urls.map(
    (url) => (/.*\/node_modules\/([^/]+)\//.exec(url) ?? /\/packages\/([^/]+)\//.exec(url))?.[1],
  );
  expect([...new Set(packages)].sort()).toEqual([
    '@commander-js',
    'cli',
    'commander',
    'parity',
    'registry',
    'signature',
    'zod',
  ]);
  const text = urls.join('\n');
  expect(text).not.toMatch(/\/registry\/src\/(?:s3|sources|maintenance|webhooks|verify)\//);
});

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

/** Pushes a version and points an alias to it, so that a listing reads and checks a record. */
async function pushChampion(folder: string): Promise<void> {
  const { folderStore, ModelRegistry } = await import('@fairlead/registry');
  const registry = new ModelRegistry({ store: folderStore(folder) });
  await registry.push({
    model: 'digits',
    actor: 'tester',
    files: { 'model.txt': Buffer.from('weights') },
    runtime: { name: 'upstream', options: { url: 'http://127.0.0.1:9' } },
    signature: { inputs: [], outputs: [] },
  });
  await registry.setAlias('digits', 'champion', 1, { actor: 'tester' });
}

/** The modules that a run of the command loads, without those of Node, in a real process. */
async function modulesOf(...args: readonly string[]): Promise<readonly string[]> {
  const place = placeWithRegistry();
  await pushChampion(join(place.folder, 'registry'));
  const hook = join(place.folder, 'hook.mjs');
  const loaded = join(place.folder, 'loaded.txt');
  writeFileSync(hook, HOOK);
  const env = { ...place.env, LOADED: loaded, NODE_OPTIONS: `--import=${hook}` };
  const { stdout } = await runProcess({ ...place, env }, ...args);
  if (args.includes('list')) expect(stdout).toMatch(/digits.*champion/);
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
    'commands/deploy-commands.ts',
    'commands/key/key-commands.ts',
    'commands/model/model-commands.ts',
    'commands/monitoring-commands.ts',
    'commands/registry/registry-commands.ts',
    'commands/retrain/retrain-commands.ts',
    'commands/rollout/rollout-commands.ts',
  ]);
  // Each costs about half a millisecond: load a new one with the command that needs it.
  expect(urls.length).toBeLessThanOrEqual(31);
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
  ]);
  // Each costs about half a millisecond, and zod alone has 95.
  expect(urls.length).toBeLessThanOrEqual(176);
  const text = urls.join('\n');
  expect(text).not.toMatch(/\/registry\/src\/(?:s3|sources|maintenance|webhooks|verify)\//);
});

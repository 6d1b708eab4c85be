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

test.each([
  ['help', ['model', 'push', '--help']],
  ['the version', ['--version']],
  ['completion', ['__complete', '--', 'model', '']],
  ['a mistake', ['model', 'pusch']],
])('for %s nothing but the command itself is loaded', async (_what, args) => {
  const place = placeWithRegistry();
  const hook = join(place.folder, 'hook.mjs');
  const loaded = join(place.folder, 'loaded.txt');
  writeFileSync(hook, HOOK);
  const env = { ...place.env, LOADED: loaded, NODE_OPTIONS: `--import=${hook}` };
  await runProcess({ ...place, env }, ...args);
  const urls = readFileSync(loaded, 'utf8').trim().split('\n');
  expect(urls.some((url) => url.endsWith('/packages/cli/src/bin.ts'))).toBe(true);
  const others = urls.filter(
    (url) =>
      !url.startsWith('node:') &&
      !/\/packages\/cli\/src\/|\/(?:@commander-js|commander)\//.test(url),
  );
  expect(others).toEqual([]);
});

test('what a command needs is loaded when it runs', async () => {
  const place = placeWithRegistry();
  const hook = join(place.folder, 'hook.mjs');
  const loaded = join(place.folder, 'loaded.txt');
  writeFileSync(hook, HOOK);
  await runProcess(
    { ...place, env: { ...place.env, LOADED: loaded, NODE_OPTIONS: `--import=${hook}` } },
    'model',
    'list',
  );
  const text = readFileSync(loaded, 'utf8');
  expect(text).toContain('/packages/registry/src/');
  expect(text).not.toMatch(/onnxruntime|aws-sdk|\/packages\/serving\//);
});

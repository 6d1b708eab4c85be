import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

import { configDefaults, defineConfig } from 'vitest/config';

// Processes that the tests start compile each TypeScript file once, not at each start: a third of the time. Set before vitest
// starts its own, so that workers in separate processes, which get no environment, use the cache as well.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, 'node_modules/.cache/compile');

// Resolve workspace packages to their sources, so tests never need a build.
const conditions = ['@fairlead/source'];

const project = relative(import.meta.dirname, process.cwd());

// One place per project, outside of it: a `node_modules` that appears in a package disturbs an `npm ci` at that moment.
const cacheDir = resolve(import.meta.dirname, 'node_modules/.cache/vitest', project);

const longTests = JSON.parse(
  readFileSync(resolve(import.meta.dirname, 'tools/check/src/long-tests.json'), 'utf8'),
) as readonly string[];
/** Left out by `npm test` where the checks before the tests have shown that the machine is slow. */
const leftOut = process.env.FAIRLEAD_SHORT_TESTS === '1' ? longTests : [];

export default defineConfig({
  cacheDir,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...leftOut.map((file) => relative(project, file)).filter((file) => !file.startsWith('..')),
    ],
    // Generous: a test fails by what it sees, never by a slow machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
    restoreMocks: true,
    // Worker threads and child processes of the tests resolve workspace packages to sources as well.
    execArgv: ['--conditions=@fairlead/source'],
    reporters: ['default', ['json', { outputFile: 'reports/tests.json' }]],
    // Workers read transformed modules from files: a quarter less processor time where each test file imports many.
    fsModuleCache: true,
    fsModuleCachePath: resolve(cacheDir, 'modules'),
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});

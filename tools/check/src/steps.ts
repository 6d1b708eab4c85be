import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Stage, Step } from './step.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Its tests start the sample application as a user would, with all its processes, and so run alone. They are never taken
 * from the cache: they see more of the machine than any list of inputs could name.
 */
const END_TO_END = '@fairlead/sample';

const runMany = (...args: readonly string[]): Step['command'] => [
  'nx',
  'run-many',
  '--output-style=static',
  ...args,
];

/** Their types are the most work: linted by one process, which loads the types that they share once. */
const SERVING_PACKAGES = ['gateway', 'jobs', 'serving', 'signature', 'webhooks'].map(
  (name) => `packages/${name}`,
);

const eslint = (...args: readonly string[]): Step['command'] => [
  'eslint',
  '--max-warnings=0',
  ...args,
];

/**
 * Every configuration of TypeScript in the workspace. One process checks them all: it reads the types that they share once,
 * and needs a third of the processor time that a process for each project needs.
 */
const TYPESCRIPT_CONFIGURATIONS = globSync('{packages,apps,tools}/*/{,src/,test/}tsconfig.json', {
  cwd: ROOT,
}).sort();

/**
 * Everything that can be checked without running the code.
 *
 * Nx replaces the output folders of a `build` whenever it takes that task from its cache, also as a dependency. So no step
 * beside others that read types may bring `build` with it.
 */
export const staticStages: readonly Stage[] = [
  // Writes Nx's graph of the projects, without which the lint rule of the architecture passes everything.
  [{ name: 'References between projects', command: ['nx', 'sync:check'] }],
  // ESLint and TypeDoc read the types that the build writes.
  [
    { name: 'Build', command: runMany('--target=build', '--parallel=2') },
    { name: 'Format', command: ['prettier', '--check', '.'] },
    { name: 'Lint of Python', command: ['nx', 'run', 'flask-model:lint'] },
    { name: 'Unused code and dependencies', command: ['knip'] },
    { name: 'Rings between folders', command: ['node', 'tools/check/src/folders/main.ts'] },
    { name: 'Plain words', command: ['node', 'tools/check/src/words/main.ts'] },
  ],
  // ESLint runs for many projects at once: a process for each project takes twice the processor time, and one for all
  // takes 3.3 GB of memory.
  [
    { name: 'Lint of the packages that serve', command: eslint(...SERVING_PACKAGES) },
    {
      name: 'Lint of the other packages',
      command: eslint(
        'packages',
        ...SERVING_PACKAGES.map((folder) => `--ignore-pattern=${folder}`),
      ),
    },
    {
      name: 'Lint of applications and tools',
      command: eslint('.', '--ignore-pattern=packages'),
    },
    { name: 'Types', command: ['tsc', '--build', ...TYPESCRIPT_CONFIGURATIONS] },
    { name: 'Package checks', command: ['node', 'tools/check/src/packages/main.ts'] },
    { name: 'API documentation', command: ['typedoc'] },
    { name: 'Types of Python', command: ['nx', 'run', 'flask-model:typecheck'] },
  ],
  // Builds before it reads the versions.
  [
    {
      name: 'Release, as a dry run',
      command: ['nx', 'release', 'minor', '--dry-run', '--first-release', '--skip-publish'],
    },
  ],
];

/** All tests. */
export const testStages: readonly Stage[] = [
  [
    {
      name: 'Tests',
      command: runMany('--target=test', `--exclude=${END_TO_END}`, '--parallel=4'),
    },
  ],
  [
    {
      name: 'Sample application, end to end',
      command: runMany('--target=test', `--projects=${END_TO_END}`),
    },
  ],
];

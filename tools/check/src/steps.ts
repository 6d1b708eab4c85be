import type { Stage, Step } from './step.ts';

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
  // ESLint and TypeScript run once for all projects, of which all files are one program: with a program for each project,
  // the types that they share are loaded 50 times, which took twice the processor time.
  [
    {
      name: 'Lint',
      command: ['eslint', '--max-warnings=0', '--config=eslint.all.config.js', '.'],
    },
    { name: 'Types', command: ['tsc', '--project', 'tsconfig.all.json'] },
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

/** The tests of these take longest. Nx would start them last, as nothing depends on them, and then wait for them alone. */
const LONGEST = '@fairlead/cli,@fairlead/gateway';

/** All tests. */
export const testStages: readonly Stage[] = [
  // Once for both steps of the next stage, which would install packages of the system at the same time.
  [{ name: 'Programs of the tests', command: ['nx', 'run', '@fairlead/setup:test-tools'] }],
  [
    {
      name: 'Tests of the gateway and the command',
      command: runMany('--target=test', `--projects=${LONGEST}`, '--parallel=2'),
    },
    {
      name: 'Tests',
      command: runMany('--target=test', `--exclude=${END_TO_END},${LONGEST}`, '--parallel=2'),
    },
  ],
  [
    {
      name: 'Sample application, end to end',
      command: runMany('--target=test', `--projects=${END_TO_END}`),
    },
  ],
];

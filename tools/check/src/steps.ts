import type { Step } from './step.ts';

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

/** Everything that can be said without running the code. */
export const staticSteps: readonly Step[] = [
  { name: 'Format', command: ['prettier', '--check', '.'] },
  { name: 'References between projects', command: ['nx', 'sync:check'] },
  { name: 'Unused code and dependencies', command: ['knip'] },
  { name: 'Rings between folders', command: ['node', 'tools/check/src/folders/main.ts'] },
  { name: 'Plain words', command: ['node', 'tools/check/src/words/main.ts'] },
  {
    name: 'Lint of the files beside the projects',
    command: ['eslint', '--max-warnings=0', 'eslint.config.js', 'vitest.config.ts'],
  },
  {
    name: 'Lint, types, build and package checks',
    command: runMany('--target=lint,typecheck,build,check-package', '--parallel=2'),
  },
  { name: 'API documentation', command: ['typedoc'] },
];

/** All tests. */
export const testSteps: readonly Step[] = [
  {
    name: 'Tests',
    command: runMany('--target=test', `--exclude=${END_TO_END}`, '--parallel=3'),
  },
  {
    name: 'Sample application, end to end',
    command: runMany('--target=test', `--projects=${END_TO_END}`),
  },
];

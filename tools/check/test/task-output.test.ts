import { describe, expect, it } from 'vitest';

import { readTaskOutput, taskOf } from '../src/task-output.ts';

const TEXT = `
 NX   Running targets lint, test for 2 projects:

- @fairlead/a
- b

> nx run @fairlead/a:lint  [local cache]


> @fairlead/a@0.1.0 lint
> eslint .

> nx run b:test

- one
AssertionError: expected 1 to be 2

 NX   Running targets lint, test for 2 projects failed

Failed tasks:

- b:test
- @fairlead/a:test

Hint: run the command with --verbose for more details.
- not a task
`;

describe('readTaskOutput', () => {
  it("finds each task's own output, and which tasks failed", () => {
    const { outputs, failed } = readTaskOutput(TEXT);
    expect([...outputs.keys()]).toEqual(['@fairlead/a:lint', 'b:test']);
    expect(outputs.get('b:test')).toBe('\n- one\nAssertionError: expected 1 to be 2\n\n');
    expect(failed).toEqual(['b:test', '@fairlead/a:test']);
  });

  it('finds no task in the output of other programs', () => {
    const { outputs, failed } = readTaskOutput('> eslint .\n- a\nFailed to load config\n');
    expect(outputs.size).toBe(0);
    expect(failed).toEqual([]);
  });
});

it.each([
  ['> nx run @fairlead/a:test', '@fairlead/a:test'],
  ['> nx run @fairlead/a:test  [existing outputs match the cache, left as is]', '@fairlead/a:test'],
  ['> @fairlead/a@0.1.0 test', undefined],
  ['run by > nx run a:b', undefined],
])('taskOf(%j) is %j', (line, task) => {
  expect(taskOf(line)).toBe(task);
});

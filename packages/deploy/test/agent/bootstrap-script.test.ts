import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { expect, it } from 'vitest';

import { bootstrapScript } from '../../src/agent/bootstrap-script.ts';

/** Program in place of Node: prints its priority, that of its session, and its arguments; its exit code is 7. */
const PROGRAM = `#!/bin/sh
nice
cat /proc/self/autogroup 2>/dev/null || echo none
[ "$(ps -o sid= -p $$ | tr -d ' ')" = $$ ] && echo leader || echo member
printf '%s\\n' "$@"
cat
exit 7
`;

/** Runs the script for an agent that is unpacked; returns its exit code and the lines of the program. */
function bootstrap(...args: readonly string[]) {
  const folder = temporaryFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('n/bin/node', PROGRAM);
  chmodSync(join(folder, 'n/bin/node'), 0o755);
  for (const part of ['n', 'a']) write(`${part}/.complete`, '');
  const script = bootstrapScript.replace('/opt/fairlead/parts', folder);
  const { status, stdout } = spawnSync(
    'sh',
    ['-c', script, 'sh', 'release.tar', 'n', 'a', ...args],
    {
      encoding: 'utf8',
      input: 'input',
    },
  );
  const [priority, session = '', place, agent = '', ...rest] = stdout.split('\n');
  return { status, priority, session, place, rest, isAgent: agent.endsWith('/a/agent/agent.mjs') };
}

const own = getPriority();
const hasAutogroups = existsSync('/proc/self/autogroup');

it('prepares a release with low priority, in a session by itself', () => {
  const { session, ...found } = bootstrap('prepare', 'digest', '--archive', 'a b.tar');
  expect(found).toEqual({
    ...{ status: 7, priority: String(Math.min(19, own + 10)), place: 'leader', isAgent: true },
    rest: ['prepare', 'digest', '--archive', 'a b.tar', 'input'],
  });
  expect(session).toMatch(hasAutogroups ? / nice 10$/ : /^none$/);
});

it.each(['activate', 'check', 'status'])('runs %s with the priority of its caller', (command) => {
  const { session, ...found } = bootstrap(command, 'digest');
  expect(found).toEqual({
    ...{ status: 7, priority: String(own), place: 'member', isAgent: true },
    rest: [command, 'digest', 'input'],
  });
  expect(session).not.toContain('nice 10');
});

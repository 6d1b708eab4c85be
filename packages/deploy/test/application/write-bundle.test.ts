import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { writeBundle } from '@fairlead/deploy';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, it } from 'vitest';

it('an application in a bundle runs without its sources', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'src'));
  const entry = join(folder, 'src', 'main.ts');
  writeFileSync(entry, `import { greeting } from './greeting.ts';\nconsole.log(greeting);\n`);
  writeFileSync(join(folder, 'src', 'greeting.ts'), `export const greeting: string = 'hello';\n`);
  const into = join(folder, 'made', 'bundle');
  const program = await writeBundle({ entry, into });
  expect(program).toBe(join(into, 'gateway/dist/main.js'));
  writeFileSync(join(folder, 'src', 'greeting.ts'), '');
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('hello\n');
});

it.each([
  [{ entry: '', into: 'out' }, 'Option entry: expected the path of a module, got ""'],
  [{ entry: 'main.ts', into: 4 }, 'Option into: expected the path of a folder, got 4'],
  [{ entry: 'main.ts' }, 'into'],
  [{ entry: 'main.ts', into: 'out', minify: true }, 'minify'],
])('rejects %j', async (options, message) => {
  await expect(writeBundle(options as never)).rejects.toMatchObject({
    code: 'ERR_DEPLOY_INVALID_OPTION',
    message: expect.stringContaining(message) as string,
  });
});

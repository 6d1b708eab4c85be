import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../fairlead.mjs', import.meta.url));
const docs = fileURLToPath(new URL('../../../docs', import.meta.url));

it('npx fairlead runs the command in any folder of the repository, and ends as it does', () => {
  const run = (...args: readonly string[]) =>
    spawnSync('npx', ['fairlead', ...args], { cwd: docs, encoding: 'utf8' });
  expect(run('--help')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Usage: fairlead [options] [command]') as unknown,
  });
  expect(run('no-such-command')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("unknown command 'no-such-command'") as unknown,
  });
});

it('without the packages it names the command that installs them', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'fairlead-bin-')), 'tools', 'setup');
  mkdirSync(folder, { recursive: true });
  copyFileSync(script, join(folder, 'fairlead.mjs'));
  expect(
    spawnSync(process.execPath, [join(folder, 'fairlead.mjs')], { encoding: 'utf8' }),
  ).toMatchObject({
    status: 2,
    stderr: 'fairlead: the packages are not installed yet; run "npm start" first\n',
  });
});

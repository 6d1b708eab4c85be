import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bin, commandEnv } from './support/bin.ts';
import { placeWithRegistry, run, runProcess } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

test.each([
  ['an unknown command', ['modle'], 'unknown command', 'Did you mean model?'],
  [
    'an unknown option',
    ['model', 'list', '--jsom'],
    "unknown option '--jsom'",
    'Did you mean --json?',
  ],
  [
    'a missing argument',
    ['model', 'push'],
    "missing required argument 'model'",
    'See: fairlead model push --help',
  ],
  [
    'one argument too many',
    ['model', 'list', 'x'],
    'too many arguments',
    'See: fairlead model list --help',
  ],
  [
    'not a number',
    ['model', 'rollback', 'a', '--steps', '0'],
    "argument '0' is invalid",
    'whole number from 1',
  ],
])('%s ends with 2 and says what to do', async (_what, args, problem, fix) => {
  const { exitCode, stdout, stderr } = await run(placeWithRegistry(), ...args);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(problem);
  expect(stderr).toContain(fix);
  expect(stderr).toContain('[ERR_CLI_USAGE]');
});

test('the error without a registry names the option and the variable', async () => {
  const place = { folder: temporaryFolder() };
  const unnamed = await run(place, 'model', 'list');
  expect(unnamed.exitCode).toBe(2);
  expect(unnamed.stderr).toContain('--registry ./folder or --registry s3://bucket/prefix');
  const missing = await run(place, 'model', 'list', '--registry', './nowhere');
  expect(missing.exitCode).toBe(4);
  expect(missing.stderr).toContain('[ERR_REGISTRY_STORE_NOT_FOUND]');
  const noPlace = await run(place, 'model', 'list', '--registry', 'gs://bucket');
  expect(noPlace.exitCode).toBe(2);
});

test('--registry has precedence over the environment, and a registry is created only on demand', async () => {
  const place = placeWithRegistry();
  const dry = await run(place, 'registry', 'init', '--registry', './other', '--dry-run');
  expect(dry.stdout).toContain('Dry run');
  expect((await run(place, 'model', 'list', '--registry', './other')).exitCode).toBe(4);
  const made = await run(place, 'registry', 'init', '--registry', './other');
  expect(made).toMatchObject({ exitCode: 0, stdout: 'Created the registry ./other.\n' });
  const listed = await run(place, 'model', 'list', '--registry', './other', '--json');
  expect(JSON.parse(listed.stdout)).toMatchObject({ models: [] });
  expect((JSON.parse(listed.stdout) as { registry: string }).registry).toMatch(/other$/);
});

test('an error with --json is JSON on standard error', async () => {
  const { exitCode, stdout, stderr } = await run(
    placeWithRegistry(),
    'model',
    'show',
    'nope',
    '--json',
  );
  expect(exitCode).toBe(4);
  expect(stdout).toBe('');
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'ERR_REGISTRY_MODEL_NOT_FOUND', exitCode: 4 },
  });
});

test.each([
  ['help', 'model', 'gates', 'set'],
  ['model', 'help', 'gates', 'set'],
  ['model', 'gates', 'help', 'set'],
])('%s %s %s %s prints the help of the command', async (...args) => {
  const place = { folder: temporaryFolder() };
  const help = await run(place, ...args);
  expect(help).toEqual(await run(place, 'model', 'gates', 'set', '--help'));
  expect(help.stdout).toContain('Usage: fairlead model gates set [options] <model> <alias>');
});

test('help is printed on standard output; a group without a command is an error', async () => {
  const place = { folder: temporaryFolder() };
  const help = await run(place, 'model', 'promote', '--help');
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(help.stdout).toContain('Examples:\n');
  const group = await run(place, 'model');
  expect(group).toMatchObject({ exitCode: 2, stdout: '' });
  expect(group.stderr).toContain('Usage: fairlead model');
  expect((await run(place, '--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  ['help', 0, ['model', 'push', '--help']],
  ['a wrong option', 2, ['model', 'list', '--jsom']],
  ['a registry that is missing', 4, ['model', 'list', '--registry', './nowhere']],
])('the process ends with the exit code of the command: %s, %i', async (_what, code, args) => {
  expect((await runProcess(placeWithRegistry(), ...args)).exitCode).toBe(code);
});

test('a registry without read permission ends with exit code 5, and the error names the folder', () => {
  const place = placeWithRegistry();
  chmodSync(place.folder, 0o755);
  chmodSync(join(place.folder, 'registry'), 0o000);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...bin.slice(1), 'model', 'list', '--registry', './registry'],
    {
      cwd: place.folder,
      encoding: 'utf8',
      env: commandEnv(place.folder),
      // Permissions don't apply to root: as root the test runs the command under the uid of `nobody`.
      ...(process.getuid?.() === 0 && { uid: 65_534 }),
    },
  );
  expect(stderr).toContain('[ERR_REGISTRY_STORE_DENIED]');
  expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
});

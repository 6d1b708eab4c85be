import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { bin, commandEnv } from './support/bin.ts';
import { type Place, placeWithRegistry, run } from './support/fairlead.ts';
import { affine } from './support/models.ts';

/** Runs the command with standard output on a device that is always full. */
async function runOnFullDisk(
  place: Place,
  args: readonly string[],
  stderr: 'pipe' | 'full' = 'pipe',
) {
  const full = openSync('/dev/full', 'w');
  try {
    const child = spawn(process.execPath, [...bin.slice(1), ...args], {
      cwd: place.folder,
      env: commandEnv(place.folder, place.env),
      stdio: ['ignore', full, stderr === 'pipe' ? 'pipe' : full],
    });
    const errors = child.stderr === null ? '' : text(child.stderr);
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, stderr: await errors };
  } finally {
    closeSync(full);
  }
}

test.each([
  ['--help'],
  ['--version'],
  ['model', 'promote', '--help'],
  ['model', 'list'],
  ['model', 'verify'],
])('where standard output is full, %s %s says so in a sentence', async (...args: string[]) => {
  const { exitCode, stderr } = await runOnFullDisk(placeWithRegistry(), args);
  expect(stderr).toMatch(
    /^fairlead: cannot write standard output \(ENOSPC[^\n]*\n {2}\[ERR_CLI_OUTPUT\]\n$/,
  );
  expect(exitCode).toBe(74);
});

test('the error is JSON with --json', async () => {
  const { exitCode, stderr } = await runOnFullDisk(placeWithRegistry(), [
    'model',
    'list',
    '--json',
  ]);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ERR_CLI_OUTPUT', exitCode: 74 } });
  expect(exitCode).toBe(74);
});

test('the exit code remains when standard error is full too', async () => {
  const place = placeWithRegistry();
  expect((await runOnFullDisk(place, ['model', 'list'], 'full')).exitCode).toBe(74);
  expect((await runOnFullDisk(place, ['model', 'show', 'missing'], 'full')).exitCode).toBe(4);
});

test('a reader that closes the pipe is no error', async () => {
  const child = spawn(process.execPath, [...bin.slice(1), '--help'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const errors = text(child.stderr);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect({ exitCode, stderr: await errors }).toEqual({ exitCode: 0, stderr: '' });
});

test('changes before the lost output remain', async () => {
  const place = placeWithRegistry();
  await runOnFullDisk(place, ['model', 'push', 'affine', affine]);
  expect((await run(place, 'model', 'list')).stdout).toContain('affine');
});

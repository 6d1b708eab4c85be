import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bin, commandEnv } from './support/bin.ts';
import { type Place, placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine } from './support/models.ts';
import { readTree } from '@fairlead/test-support';

/** Runs the command on a real terminal (util-linux' `script` makes one), and types `answer` once it asks. */
async function runOnTerminal(place: Place, answer: string, ...args: readonly string[]) {
  const command = [...bin, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: place.folder,
    env: commandEnv(place.folder, { TERM: 'xterm', ...place.env }),
  });
  let output = '';
  let answered = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (answered || !output.includes('(yes/no)')) return;
    answered = true;
    child.stdin.write(`${answer}\n`);
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exitCode, output };
}

test('on a terminal a command that deletes asks for confirmation, and only yes is accepted', async () => {
  const place = placeWithRegistry();
  const file = join(place.folder, 'registry/blobs/sha256', 'a'.repeat(64));
  await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
  writeFileSync(file, 'left over');
  const before = readTree(place.folder);
  const no = await runOnTerminal(place, 'no', 'model', 'gc', '--grace', '0s');
  expect(no.exitCode).toBe(2);
  expect(no.output).toContain('This will permanently remove files');
  expect(no.output).toContain('nothing was changed');
  expect(readTree(place.folder)).toEqual(before);
  const yes = await runOnTerminal(place, 'yes', 'model', 'gc', '--grace', '0s');
  expect(yes).toMatchObject({ exitCode: 0 });
  expect(yes.output).toContain('Removed 1 file');
});

test('output has colors on a terminal unless NO_COLOR is set, and never in a pipe', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
  const history = ['model', 'history', 'affine'];
  const escape = '\u001b[2m';
  expect((await runOnTerminal(place, '', ...history)).output).toContain(escape);
  const plain = { ...place, env: { ...place.env, NO_COLOR: '1' } };
  expect((await runOnTerminal(plain, '', ...history)).output).not.toContain('\u001b[');
  const forced = { ...place, env: { ...place.env, FORCE_COLOR: '3' } };
  expect((await run(forced, ...history)).stdout).not.toContain('\u001b[');
});

test('a push of a large file shows its progress, only on a terminal', async () => {
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'weights.bin'), Buffer.alloc(96 * 1024 * 1024, 1));
  const push = [
    'model',
    'push',
    'affine',
    affine,
    '--skip-validation',
    '--file',
    'weights.bin=weights.bin',
  ];
  const shown = await runOnTerminal(place, '', ...push);
  expect(shown.exitCode).toBe(0);
  expect(shown.output).toMatch(/weights\.bin: [\d.]+ (?:B|KiB|MiB) of 96\.0 MiB (?:read|written)/);
  expect(shown.output).toContain('Pushed version 1 of affine: onnx, 2 files, 96.0 MiB.');
  const quiet = await run(place, ...push, '--dry-run');
  expect(quiet).toMatchObject({ exitCode: 0, stderr: '' });
});

test('text from a registry does not move the cursor', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
  await runJson(place, 'model', 'tag', 'affine', 'evil=\u001b[2J\u202egone\nmodel  forged');
  const shown = await run(place, 'model', 'show', 'affine');
  expect(shown.stdout).toMatch(/^tags +evil=\[2Jgone model forged$/m);
});

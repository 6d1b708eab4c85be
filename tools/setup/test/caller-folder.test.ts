import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const preload = fileURLToPath(new URL('../src/caller-folder.mjs', import.meta.url));
const printFolder = ['--import', preload, '--print', 'process.cwd()'];

it('a program runs in the folder in which npm was called', () => {
  const folder = realpathSync(tmpdir());
  const env = { ...process.env, INIT_CWD: folder };
  expect(execFileSync(process.execPath, printFolder, { env, encoding: 'utf8' }).trim()).toBe(
    folder,
  );
});

it('a program that npm did not start stays in its folder', () => {
  const { INIT_CWD: _, ...env } = process.env;
  expect(execFileSync(process.execPath, printFolder, { env, encoding: 'utf8' }).trim()).toBe(
    process.cwd(),
  );
});

it('worker threads of such a program start', () => {
  const program =
    'new (require("worker_threads").Worker)(new URL("data:text/javascript,console.log(process.cwd())"))';
  const folder = realpathSync(tmpdir());
  const args = ['--import', preload, '--eval', program];
  const env = { ...process.env, INIT_CWD: folder };
  expect(execFileSync(process.execPath, args, { env, encoding: 'utf8' }).trim()).toBe(folder);
});

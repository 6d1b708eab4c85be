#!/usr/bin/env node
// @ts-check
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setInterval } from 'node:timers';
import { fileURLToPath, URL } from 'node:url';

import { REPOSITORY_ROOT, setUpOrExit } from './setup.mjs';
import { SYSTEM_FOLDERS } from './src/find-program.mjs';

// run.mjs [--dev] <script> [argument…]: sets up, then runs the script on the Node that the repository pins.
const args = process.argv.slice(2);
const dev = args[0] === '--dev';
const [script, ...rest] = dev ? args.slice(1) : args;
if (script === undefined) {
  process.stderr.write('usage: run.mjs [--dev] <script> [argument…]\n');
  process.exit(2);
}

await setUpOrExit({ dev });

const binaries = join(REPOSITORY_ROOT, 'node_modules', '.bin');
const PATH = [
  binaries,
  ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== binaries),
];
for (const folder of SYSTEM_FOLDERS) if (!PATH.includes(folder)) PATH.push(folder);

const followParent = fileURLToPath(new URL('src/follow-parent.mjs', import.meta.url));
const child = spawn(
  join(binaries, 'node'),
  ['--conditions=@fairlead/source', '--import', followParent, script, ...rest],
  {
    env: { ...process.env, PATH: PATH.join(delimiter) },
    // A separate group: a terminal sends Ctrl-C to the whole group, and the script would get it twice.
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  },
);

/** @type {Set<NodeJS.Signals>} */
const forwarded = new Set();
/** @param {NodeJS.Signals} signal */
const forward = (signal) => {
  // npm forwards what the terminal has sent already: once is enough.
  if (forwarded.has(signal)) return;
  forwarded.add(signal);
  child.kill(signal);
};
/** @type {readonly NodeJS.Signals[]} */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of signals) process.on(signal, forward);

// npm that dies by SIGKILL forwards no signal: this process then has another parent, and the script would run on unnoticed.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined) {
  setInterval(() => {
    if (process.ppid !== parent) forward('SIGTERM');
  }, 500).unref();
}

child.on('error', (error) => {
  process.stderr.write(`cannot start ${join(binaries, 'node')}: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  for (const name of signals) process.off(name, forward);
  if (signal === null) process.exit(code ?? 1);
  process.kill(process.pid, signal);
});

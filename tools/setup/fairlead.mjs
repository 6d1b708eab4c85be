#!/usr/bin/env node
// @ts-check
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';

// `npx fairlead` in this repository: the command from its sources, on the Node that the repository pins.
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const command = fileURLToPath(new URL('../../packages/cli/src/bin.ts', import.meta.url));

if (existsSync(node)) {
  const args = ['--conditions=@fairlead/source', command, ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both.
  process.on('SIGINT', () => undefined);
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  process.stderr.write('fairlead: the packages are not installed yet; run "npm start" first\n');
  process.exitCode = 2;
}

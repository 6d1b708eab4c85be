import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { check } from './check.ts';
import { findTestedProjects } from './project.ts';
import { staticStages, testStages } from './steps.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const logFolder = join(root, '.fairlead/check');
const environment = {
  ...process.env,
  // No snapshot is written and no `.only` is followed, here as there.
  CI: 'true',
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  // About settings of the machine's own npm, once for each task.
  npm_config_loglevel: 'error',
};

/** On a usual machine of two cores they take less than half of it. */
const SLOW_AFTER_MS = 5 * 60_000;

const [only] = process.argv.slice(2);
if (only !== undefined && only !== '--static') {
  process.stderr.write('usage: main.ts [--static]\n');
  process.exit(2);
}

const stop = new AbortController();
let stoppedBy: NodeJS.Signals | undefined;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const onSignal = (signal: NodeJS.Signals): void => {
  stoppedBy ??= signal;
  stop.abort();
};
for (const signal of signals) process.on(signal, onSignal);

try {
  mkdirSync(logFolder, { recursive: true });
  const fine = await check({
    stages: only === '--static' ? staticStages : [...staticStages, ...testStages],
    slow: { stages: staticStages.length, afterMs: SLOW_AFTER_MS },
    testedProjects: only === '--static' ? [] : findTestedProjects(root, environment),
    root,
    logFolder,
    environment,
    signal: stop.signal,
    say: (line) => void process.stdout.write(`${line}\n`),
  });
  if (!fine) process.exitCode = 1;
} catch (error) {
  if (stoppedBy === undefined) throw error;
  for (const signal of signals) process.off(signal, onSignal);
  process.kill(process.pid, stoppedBy);
}

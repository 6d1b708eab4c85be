#!/usr/bin/env node
import { userInfo } from 'node:os';
import { runCli } from './run-cli.ts';

// `fairlead model list | head`: whoever reads has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// ONNX Runtime from 1.30 on reports its use to its maker unless it is told not to.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: () => new Date(),
  userName: () => userInfo().username,
  stopSignal,
});

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const end = (): void => {
    for (const signal of signals) process.off(signal, end);
    stop.abort();
  };
  for (const signal of signals) process.on(signal, end);
  return stop.signal;
}

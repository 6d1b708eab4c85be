import { userInfo } from 'node:os';
import { exitCodes } from './exit-code.ts';
import { reportLostOutput, runCli } from './run-cli.ts';
import type { ProcessIo } from './process-io.ts';

// ONNX Runtime from 1.30 on sends telemetry unless this is set.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

/** Time after its result in which a command may release what it opened, in milliseconds. */
const EXIT_TIMEOUT_MS = 2000;

const args = process.argv.slice(2);
const io: ProcessIo = {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => new Date(),
  userName: () => userInfo().username,
  stopSignal,
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `fairlead model list | head` closes the pipe early.
  process.exit(error.code === 'EPIPE' ? exitCodes.ok : reportLostOutput(args, io, error));
});
// No stream is left to report it on; the exit code remains.
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(args, io);
// A connection that gets no response, such as one to S3, would keep the process alive.
setTimeout(() => process.exit(), EXIT_TIMEOUT_MS).unref();

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

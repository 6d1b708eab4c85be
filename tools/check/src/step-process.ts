import { spawn, type ChildProcess } from 'node:child_process';

/** Options for running a process. */
export interface StepProcessOptions {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Ends the process, and everything that it started, when it is aborted. */
  readonly signal: AbortSignal;
  /** Is given all that it writes. */
  readonly onOutput: (text: string) => void;
}

const STOP_TIMEOUT_MS = 15_000;
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Runs a command in a separate process group, and ends what is left of that group.
 *
 * @returns undefined when it ended with exit code 0, else how it ended
 */
export async function runStepProcess(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, environment, signal, onOutput }: StepProcessOptions,
): Promise<string | undefined> {
  const child = spawn(program, args, {
    cwd,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', onOutput);
  }
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    endGroup(child, 'SIGTERM');
    killTimer = setTimeout(endGroup, STOP_TIMEOUT_MS, child, 'SIGKILL');
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await untilEnded(child);
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(killTimer);
  }
}

function untilEnded(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let problem: string | undefined;
    let drainTimer: NodeJS.Timeout | undefined;
    child.on('error', (error) => {
      resolve(error.message);
    });
    child.on('exit', (code, signal) => {
      if (code !== 0) problem = signal ?? `exit code ${String(code)}`;
      endGroup(child, 'SIGKILL');
      // A program that left the group keeps the output open: its end isn't awaited.
      drainTimer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, DRAIN_TIMEOUT_MS);
    });
    child.on('close', () => {
      clearTimeout(drainTimer);
      resolve(problem);
    });
  });
}

function endGroup({ pid }: ChildProcess, how: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, how);
  } catch {
    // No process is left in the group.
  }
}

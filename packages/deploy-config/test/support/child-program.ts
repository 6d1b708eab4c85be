import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { connect, type NetConnectOpts } from 'node:net';

import { onTestFinished } from 'vitest';

/** A running program of a test's own; it is stopped when the test ends. */
export interface ChildProgram {
  readonly process: ChildProcess;
  /** Output of both streams so far. */
  readonly output: () => string;
  /** Sends a signal and waits for the end. */
  readonly stop: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** Starts a program and remembers what it prints. */
export function startProgram(
  [file, ...args]: readonly [string, ...string[]],
  options: SpawnOptions = {},
): ChildProgram {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  const ended = once(child, 'exit');
  const stop = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    return child.exitCode;
  };
  onTestFinished(async () => {
    // Killed outright, a master would leave its workers behind.
    await stop('SIGTERM');
  });
  return { process: child, output: () => text, stop };
}

function accepts(address: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** Waits until a program takes connections; fails with its output when it ends before. */
export async function untilListening(
  { process: child, output }: ChildProgram,
  address: NetConnectOpts,
): Promise<void> {
  while (!(await accepts(address))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${child.spawnfile} ended before it listened:\n${output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

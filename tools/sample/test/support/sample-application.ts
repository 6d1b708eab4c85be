import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '@fairlead/test-support';
import { processesAbout } from './processes-about.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

// A first start trains the models, which takes longer on a busy machine.
const START_TIMEOUT_MS = 150_000;

/** The sample application as a separate process, started as `npm start` does after the set-up. */
export interface SampleApplication {
  readonly pid: number;
  readonly process: ReturnType<typeof spawn>;
  /** Returns its output so far, standard output and standard error. */
  said(): string;
  /** Waits until its output contains `text`; rejects when it ends before. */
  says(text: string): Promise<void>;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

const running = new Set<SampleApplication>();

/** Starts the sample application on a state folder. */
export function startSample(state: string, port: number): SampleApplication {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('FAIRLEAD_'));
  const child = spawn(process.execPath, ['--conditions=@fairlead/source', main], {
    env: {
      ...Object.fromEntries(inherited),
      // Debian installs Nginx there.
      PATH: `${process.env.PATH ?? ''}:/usr/sbin`,
      FAIRLEAD_STATE: state,
      FAIRLEAD_PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  let hasEnded = false;
  const ended = once(child, 'close').then(([code, signal]) => {
    hasEnded = true;
    return (code ?? signal) as number | string;
  });
  const application: SampleApplication = {
    pid: child.pid ?? 0,
    process: child,
    ended,
    said: () => text,
    async says(expected) {
      const found = await until(() => {
        if (text.includes(expected)) return 'found' as const;
        return hasEnded ? ('ended' as const) : undefined;
      }, START_TIMEOUT_MS);
      if (found === 'ended') throw new Error(`It has ended without "${expected}":\n${text}`);
    },
  };
  running.add(application);
  void ended.then(() => running.delete(application));
  return application;
}

/** Stops every application that still runs. */
export async function stopAll(): Promise<void> {
  for (const application of running) application.process.kill('SIGTERM');
  await Promise.all([...running].map(({ ended }) => ended));
}

/** Waits until nothing of the application is left: no process, no socket. */
export async function untilNothingIsLeft(state: string): Promise<void> {
  await until(() => (processesAbout(state).length === 0 ? true : undefined));
  const files = readdirSync(state, { recursive: true, withFileTypes: true });
  const sockets = files.filter((file) => file.isSocket());
  if (sockets.length > 0) {
    throw new Error(`left: ${sockets.map((file) => join(file.parentPath, file.name)).join(', ')}`);
  }
}

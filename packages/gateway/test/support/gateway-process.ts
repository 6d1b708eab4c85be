import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** The gateway as a process of its own. */
export interface GatewayProcess {
  readonly pid: number;
  /** What it wrote to standard output and standard error. */
  output(): string;
  /** The log line with this message, as soon as there is one. */
  logged(message: string): Promise<Readonly<Record<string, unknown>>>;
  signal(name: NodeJS.Signals): void;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** The command that starts the gateway. */
export const gatewayCommand = [process.execPath, '--conditions=@fairlead/source', main] as const;

/** Starts the gateway with nothing but these variables, and these sockets from descriptor 3 on; it is killed when the test ends. */
export function startGatewayProcess(
  environment: Readonly<Record<string, string>>,
  [program, ...args]: readonly [string, ...string[]] = gatewayCommand,
  sockets: readonly number[] = [],
): GatewayProcess {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...sockets],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => text,
    signal: (name) => child.kill(name),
    logged: (message) =>
      eventually(() => {
        if (child.exitCode !== null && !text.includes(`"msg":"${message}"`))
          throw new Error(`It has ended: ${text}`);
        const line = text.split('\n').find((each) => each.includes(`"msg":"${message}"`));
        return line === undefined
          ? undefined
          : (JSON.parse(line) as Readonly<Record<string, unknown>>);
      }),
  };
}

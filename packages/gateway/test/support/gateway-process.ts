import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '@fairlead/test-support';
import { onTestFinished } from 'vitest';
import { gatewayCommand, processEnvironment } from './gateway-command.ts';

/** A gateway in a separate process. */
export interface GatewayProcess {
  readonly pid: number;
  /** Standard output and standard error so far. */
  output(): string;
  /** Lines of them that have ended so far, without those of requests, of which there may be many. */
  lines(): readonly string[];
  /** The log line with this message, as soon as there is one. */
  logged(message: string): Promise<Readonly<Record<string, unknown>>>;
  signal(name: NodeJS.Signals): void;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Starts the gateway with only these variables, and these sockets from descriptor 3 on; it is killed when the test ends. */
export function startGatewayProcess(
  environment: Readonly<Record<string, string>>,
  [program, ...args]: readonly [string, ...string[]] = gatewayCommand,
  sockets: readonly number[] = [],
): GatewayProcess {
  const child = spawn(program, args, {
    env: { ...processEnvironment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...sockets],
  });
  let text = '';
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const read = (rest + chunk).split('\n');
      rest = read.pop() ?? '';
      lines.push(...read.filter((line) => !line.includes('"msg":"request"')));
    });
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
    lines: () => lines,
    signal: (name) => child.kill(name),
    async logged(message) {
      const line = await until(() => {
        const found = lines.find((each) => each.includes(`"msg":"${message}"`));
        return found ?? (child.exitCode !== null && 'ended');
      });
      if (line === 'ended') throw new Error(`The gateway ended without "${message}":\n${text}`);
      return JSON.parse(line) as Readonly<Record<string, unknown>>;
    },
  };
}

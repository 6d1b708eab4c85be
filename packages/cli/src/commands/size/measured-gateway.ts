import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';

const bin = fileURLToPath(new URL(`../../bin${extname(import.meta.url)}`, import.meta.url));

/** Requests of a client in a second that the measurement must not run into. */
const NO_LIMIT = '1000000000';

/** Model that a gateway serves, and the cores that it runs on. */
export interface MeasuredGatewayOptions {
  readonly registry: string;
  readonly model: string;
  readonly alias: string;
  /** Cores that it is pinned to. */
  readonly cores: readonly number[];
  readonly processes: number;
}

/** A gateway in separate processes, as `fairlead serve` starts it. */
export interface MeasuredGateway {
  readonly pid: number;
  readonly port: number;
  readonly key: string;
  /** Time from its start until its models are loaded, in milliseconds. */
  readonly loadMs: number;
  readonly close: () => Promise<void>;
}

/**
 * Starts `fairlead serve` for one model, pinned to cores, with the options of Node that hosts use.
 *
 * @throws CliError `ERR_CLI_USAGE` if it doesn't start, with its last words
 */
export async function startMeasuredGateway(
  { io }: Pick<CommandContext, 'io'>,
  options: MeasuredGatewayOptions,
): Promise<MeasuredGateway> {
  const { GATEWAY_NODE_OPTIONS } = await import('@fairlead/deploy-config');
  const { registry, model, alias, cores, processes } = options;
  const words = ['serve', '--registry', registry, '--model', model, '--alias', alias];
  const args = [...words, '--port', '0', '--processes', String(processes), '--json'];
  const startedAt = performance.now();
  const child = spawn(
    'taskset',
    ['-c', cores.join(','), process.execPath, ...process.execArgv, bin, ...args],
    {
      env: {
        NODE_OPTIONS: GATEWAY_NODE_OPTIONS,
        ...io.env,
        FAIRLEAD_RATE_LIMIT: NO_LIMIT,
        FAIRLEAD_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  try {
    const { address, key } = await readStart(child);
    return {
      ...{ key, loadMs: performance.now() - startedAt },
      pid: child.pid ?? 0,
      port: Number(new URL(address).port),
      close: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Reads the JSON that the command prints when its models are loaded. */
async function readStart(
  child: ChildProcess,
): Promise<{ readonly address: string; readonly key: string }> {
  let output = '';
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const started = new Promise<string>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.trimEnd().endsWith('\n}')) resolve(output);
    });
  });
  const ended = new Promise<never>((_resolve, reject) => {
    const fail = (cause?: unknown): void => {
      const why = errors.trim().split('\n').at(-1) ?? '';
      const missing = cause instanceof Error ? `: ${cause.message}` : '';
      reject(
        new CliError(
          'ERR_CLI_USAGE',
          `the gateway to measure did not start${missing || `: ${why}`} (it needs taskset of util-linux)`,
          { cause },
        ),
      );
    };
    child.once('error', fail);
    child.once('close', () => {
      fail();
    });
  });
  const serving = JSON.parse(await Promise.race([started, ended])) as {
    readonly address: string;
    readonly key: string;
    readonly models: readonly { readonly ready: boolean; readonly reason?: string }[];
  };
  ended.catch(() => undefined);
  const [model] = serving.models;
  if (model?.ready === true) return serving;
  throw new CliError('ERR_CLI_USAGE', `the model is not ready: ${model?.reason ?? 'not served'}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const killed = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exited;
  clearTimeout(killed);
}

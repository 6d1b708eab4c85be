import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { text } from 'node:stream/consumers';

/** Output of a command that has ended. */
export interface CommandResult {
  /** Exit code; 128 and the number of the signal when a signal ended the command. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of a command. */
export interface CommandOptions {
  /** Content of standard input; default: empty. */
  readonly stdin?: string | Uint8Array;
  /** Resolves for another exit code than 0 too, in place of an error; default: false. */
  readonly mayFail?: boolean;
  /** Kills the command after this time, in milliseconds; default: 120,000. */
  readonly timeoutMs?: number;
}

/** Environment of commands in a fleet: nothing of the test's own environment reaches a host. */
export const COMMAND_ENVIRONMENT = {
  HOME: '/root',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
} as const;

/**
 * Runs a command, and resolves once it has ended.
 *
 * @throws Error with the command and its output when the exit code isn't 0
 */
export async function runCommand(
  argv: readonly string[],
  { stdin = '', mayFail = false, timeoutMs = 120_000 }: CommandOptions = {},
): Promise<CommandResult> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    env: COMMAND_ENVIRONMENT,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  // A command may end without reading its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  if (code !== 0 && !mayFail) {
    const status = signal ?? `exit code ${String(code)}`;
    throw new Error(`"${argv.join(' ')}" failed (${status}):\n${stderr || stdout}`);
  }
  return {
    exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
    stdout,
    stderr,
  };
}

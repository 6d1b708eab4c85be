import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

import { buildFailed } from './build-failed.ts';

/** Options of {@link runInterpreter}. */
interface InterpreterOptions {
  readonly stdin?: string;
  /** Working folder. */
  readonly cwd?: string;
}

/** Output of Python. */
interface InterpreterResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs Python on this machine.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` when there is no such program, or it has no pip
 */
export async function runInterpreter(
  interpreter: string,
  args: readonly string[],
  { stdin = '', cwd }: InterpreterOptions = {},
): Promise<InterpreterResult> {
  const child = spawn(interpreter, args, { cwd, stdio: 'pipe' });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? 137);
    });
  });
  // It may end before it has read everything; the exit code says so.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  try {
    const [code, stdout, stderr] = await Promise.all([
      ended,
      text(child.stdout),
      text(child.stderr),
    ]);
    if (/No module named '?pip\b/.test(stderr)) {
      throw buildFailed(
        `${interpreter} has no pip. Run apt-get install python3-pip, or name another program by python.interpreter.`,
      );
    }
    return { code, stdout, stderr };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw buildFailed(
      `There is no program ${interpreter}, which downloads the Python packages. Install Python with pip, or name another program by python.interpreter.`,
      cause,
    );
  }
}

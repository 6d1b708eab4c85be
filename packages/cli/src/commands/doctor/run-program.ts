import { spawn } from 'node:child_process';
import { delimiter, isAbsolute } from 'node:path';

/** Time that a program has to print its version or state, in milliseconds. */
const MAX_RUN_MS = 5000;
/** Characters of its output that are read. */
const MAX_OUTPUT = 10_000;

/** Result of a program, with the beginning of its output. */
export interface ProgramRun {
  readonly output: string;
  /** Reason why it has no usable output: the code of the system's error, such as `ENOENT`, `timeout`, or its exit code. */
  readonly failure?: string;
}

/**
 * Runs a program of the absolute folders of `path`, and never longer than a few seconds: it may be another program of that name.
 *
 * An empty or relative folder in a PATH is the working folder, whose programs aren't run.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  path: string,
  maxMs = MAX_RUN_MS,
): Promise<ProgramRun> {
  return new Promise((resolve) => {
    const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
    const child = spawn(program, args, {
      cwd: '/',
      env: { PATH: folders.join(delimiter), LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const end = (failure?: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      // A child of the program may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ output, ...(failure !== undefined && { failure }) });
    };
    const timer = setTimeout(() => {
      end('timeout');
    }, maxMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        if (output.length < MAX_OUTPUT) output += text.slice(0, MAX_OUTPUT);
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      end(error.code ?? error.message);
    });
    child.on('close', (code, signal) => {
      end(code === 0 ? undefined : (signal ?? `exit code ${code ?? 'unknown'}`));
    });
  });
}

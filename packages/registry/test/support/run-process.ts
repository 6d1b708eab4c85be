import { type ChildProcess, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The arguments with which Node runs a script of `processes/` on the packages' sources. */
export function nodeArguments(script: URL, ...args: readonly string[]): string[] {
  return ['--conditions=@fairlead/source', fileURLToPath(script), ...args];
}

/** Runs a script of `processes/` in a child process; resolves to its output. */
export async function runProcess(script: URL, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, nodeArguments(script, ...args));
  return JSON.parse(stdout) as unknown;
}

/** Runs a script concurrently with each of `args`; if one fails, the others are ended before its error is thrown. */
export async function runProcesses(
  script: URL,
  args: readonly (readonly string[])[],
): Promise<readonly unknown[]> {
  const controller = new AbortController();
  const { signal } = controller;
  const runs = args.map(async (each) => {
    try {
      const { stdout } = await run(process.execPath, nodeArguments(script, ...each), { signal });
      return JSON.parse(stdout) as unknown;
    } catch (error) {
      controller.abort(error);
      throw error;
    }
  });
  const outcomes = await Promise.allSettled(runs);
  if (signal.aborted) throw signal.reason;
  return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
}

/** Resolves once `child` has ended. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else
      child.once('close', () => {
        resolve();
      });
  });
}

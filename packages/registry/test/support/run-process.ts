import { type ChildProcess, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The arguments with which Node runs a script of `processes/` on the packages' sources. */
export function nodeArguments(script: URL, ...args: readonly string[]): string[] {
  return ['--conditions=@fairlead/source', fileURLToPath(script), ...args];
}

/** Runs a script of `processes/` in a process of its own; resolves to what it wrote. */
export async function runProcess(script: URL, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, nodeArguments(script, ...args));
  return JSON.parse(stdout) as unknown;
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

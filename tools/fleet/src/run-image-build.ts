import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { COMMAND_ENVIRONMENT } from './run-command.ts';

/**
 * Runs a script of bash under a lock, in mount and process namespaces that end with this process.
 *
 * @param lock file of the lock
 * @param argv path of the script, and its arguments
 * @param onProgress called with each line of standard output
 * @throws Error with the end of standard error when the script fails
 */
export async function runImageBuild(
  lock: string,
  argv: readonly string[],
  onProgress: (line: string) => void,
): Promise<void> {
  // The chain ends with this process: `setpriv` kills `flock`, which becomes `unshare`, and that all processes of its namespaces.
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'flock', '--no-fork', lock],
      ...['nice', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ...['bash', ...argv],
    ],
    { env: COMMAND_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  createInterface(child.stdout).on('line', onProgress);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the image of the hosts can't be built:\n${errors}`);
}

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const packageRoot = new URL('..', import.meta.url);

/** The JavaScript blocks of a page of this package, in order. */
export async function exampleBlocks(page: string): Promise<string[]> {
  const text = await readFile(new URL(page, packageRoot), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, block]) => block ?? '');
}

/** Runs a module in a child process, on the sources of this package. */
export function runExample(
  module: string,
  env: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--conditions=@fairlead/source',
      '--input-type=module',
      '--eval',
      module,
    ],
    {
      cwd: fileURLToPath(packageRoot),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const python = resolve(import.meta.dirname, '../../../../.venv/bin/python');

/** Exit codes of a run to its end: a sum of 2 for errors, 4 for warnings and 8 for information. */
const FINISHED: readonly number[] = [0, 2, 4, 6, 8, 10, 12, 14];

let server: ReturnType<typeof start> | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Starts cfn-lint for the files of this worker: most of a run's time is for its rules and schemas. It ends with its input. */
function start() {
  const child = spawn(python, [resolve(import.meta.dirname, 'cfn-lint.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, lines };
}

/**
 * Returns the problems that cfn-lint finds in a template, errors and warnings.
 *
 * @throws Error if cfn-lint ends without a result
 */
export async function lintTemplate(path: string): Promise<readonly string[]> {
  const result = last.then(() => lint(path));
  last = result.catch(() => undefined);
  return result;
}

async function lint(path: string): Promise<readonly string[]> {
  const { child, lines } = (server ??= start());
  child.stdin.write(`${path}\n`);
  const { value } = (await lines.next()) as { readonly value?: string };
  const { code, output } = JSON.parse(value ?? '{}') as { code?: number; output?: string };
  if (code === undefined || output === undefined || !FINISHED.includes(code)) {
    throw new Error(`cfn-lint ended with ${String(code)}: ${output ?? 'no output'}`);
  }
  return output.split('\n').filter((line) => line !== '');
}

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { commandsOf, filesOf, normalized, withOutputs } from './support/console-page.ts';
import { commandsOfLine } from './support/example-lines.ts';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const pagePath = new URL('../../../docs/registry.md', import.meta.url);
const python = fileURLToPath(new URL('../../../.venv/bin', import.meta.url));

interface PageResult {
  readonly output: string;
  readonly exitCode: number;
}

/**
 * Runs commands one after the other as a shell does: `fairlead` in this process, where each start would load the libraries
 * again, and other programs by bash.
 */
async function runAll(commands: readonly string[], folder: string): Promise<readonly PageResult[]> {
  const env: Record<string, string> = {};
  const results: PageResult[] = [];
  for (const command of commands) {
    const [program, ...words] = command.split(' ');
    if (program === 'export') {
      for (const word of words) env[word.replace(/=.*/, '')] = word.replace(/^.*?=/, '');
      results.push({ output: '', exitCode: 0 });
    } else if (command === 'echo $?') {
      results.push({ output: String(results.at(-1)?.exitCode), exitCode: 0 });
    } else if (program === 'fairlead') {
      const [args = []] = commandsOfLine(command);
      const { exitCode, stdout, stderr } = await run({ folder, env }, ...args);
      results.push({ output: (stdout + stderr).trimEnd(), exitCode: exitCode ?? 1 });
    } else {
      results.push(await runInBash(command, folder));
    }
  }
  return results;
}

async function runInBash(command: string, folder: string): Promise<PageResult> {
  const path = `${python}:${process.env.PATH ?? ''}`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', `${command} 2>&1`], {
    cwd: folder,
    env: { PATH: path, HOME: folder, LC_ALL: 'C.UTF-8' },
  });
  return { output: stdout.trimEnd(), exitCode: 0 };
}

test('every command of docs/registry.md prints the output on the page', async () => {
  const page = readFileSync(pagePath, 'utf8');
  const folder = temporaryFolder();
  const files = filesOf(page);
  expect([...files.keys()]).toEqual(['train.py']);
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const shown = commandsOf(page);
  expect(shown.length).toBeGreaterThan(25);
  const results = await runAll(
    shown.map(({ command }) => command),
    folder,
  );
  // Rewrites the page: review the difference like code.
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') {
    const outputs = results.map(({ output }) => output.replaceAll(folder, '/home/ada'));
    writeFileSync(pagePath, withOutputs(page, outputs));
  }
  for (const [index, { command, output }] of commandsOf(readFileSync(pagePath, 'utf8')).entries()) {
    const result = results[index];
    expect(`$ ${command}\n${normalized(result?.output ?? '')}`).toBe(
      `$ ${command}\n${normalized(output)}`,
    );
    // The page shows the exit code of a command that fails on purpose.
    const fails = shown[index + 1]?.command === 'echo $?';
    if (!fails) expect(result?.exitCode, command).toBe(0);
    else expect(result?.exitCode, command).not.toBe(0);
  }
});

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { installCommand } from './support/bin.ts';
import { commandsOf, filesOf, normalized, withOutputs } from './support/console-page.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

vi.setConfig({ testTimeout: 600_000 });

const pagePath = new URL('../../../docs/registry.md', import.meta.url);
const python = fileURLToPath(new URL('../../../.venv/bin', import.meta.url));
/** Parts what the commands print; nothing that they print has it. */
const MARK = '\u001e';

/** Runs commands one after the other in one shell; what each printed, and how it ended. */
function runAll(
  commands: readonly string[],
  folder: string,
): readonly { readonly output: string; readonly exitCode: number }[] {
  const tools = installCommand(folder);
  const lines = commands.map(
    (command) => `${command}\n__code=$?; printf '${MARK}%d${MARK}' $__code; (exit $__code)`,
  );
  const { stdout, error } = spawnSync('bash', ['--norc', '-c', `exec 2>&1\n${lines.join('\n')}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${tools}:${python}:${process.env.PATH ?? ''}`, HOME: tools, LC_ALL: 'C.UTF-8' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  const parts = stdout.split(MARK);
  return commands.map((_command, index) => ({
    output: (parts[2 * index] ?? '').trimEnd(),
    exitCode: Number(parts[2 * index + 1]),
  }));
}

test('every command of docs/registry.md does what the page says', () => {
  const page = readFileSync(pagePath, 'utf8');
  const folder = temporaryFolder();
  const files = filesOf(page);
  expect([...files.keys()]).toEqual(['train.py']);
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const shown = commandsOf(page);
  expect(shown.length).toBeGreaterThan(25);
  const results = runAll(
    shown.map(({ command }) => command),
    folder,
  );
  // Writes the page again: look at the difference as you would at code.
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') {
    const outputs = results.map(({ output }) => output.replaceAll(folder, '/home/ada'));
    writeFileSync(pagePath, withOutputs(page, outputs));
  }
  for (const [index, { command, output }] of commandsOf(readFileSync(pagePath, 'utf8')).entries()) {
    const result = results[index];
    expect(`$ ${command}\n${normalized(result?.output ?? '')}`).toBe(
      `$ ${command}\n${normalized(output)}`,
    );
    // After a command that fails on purpose the page shows its exit code.
    const fails = shown[index + 1]?.command === 'echo $?';
    if (!fails) expect(result?.exitCode, command).toBe(0);
    else expect(result?.exitCode, command).not.toBe(0);
  }
});

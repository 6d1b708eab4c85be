import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildProgram } from '../src/program.ts';
import { createContext } from '../src/command-context.ts';
import { exitCodes } from '../src/exit-code.ts';
import { loadCommand } from '../src/lazy-commands.ts';
import { commandReference, examplesOf, leavesOf } from './support/command-reference.ts';

const pagePath = new URL('../../../docs/cli.md', import.meta.url);

const { stdin, stdout, stderr } = process;
const context = createContext({
  ...{ env: {}, stdin, stdout, stderr },
  now: () => new Date(),
  userName: () => 'ada',
});
const program = buildProgram(context);
for (const { command } of leavesOf(program, '')) await loadCommand(command);

/** Cells and words without the padding that prettier adds to tables. */
const bare = (text: string): string =>
  text
    .replaceAll(/ *\| */g, '|')
    .replaceAll(/-{2,}/g, '--')
    .trim();

test('docs/cli.md lists every command as the code has it', () => {
  const page = readFileSync(pagePath, 'utf8');
  const [before = '', after = ''] = page.split(/^## Commands\n/m);
  const reference = commandReference(program);
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') {
    writeFileSync(pagePath, `${before}## Commands\n\n${reference}\n`);
  } else expect(bare(after)).toBe(bare(reference));
});

test('docs/cli.md and the help list the same exit codes and environment variables', () => {
  const page = readFileSync(pagePath, 'utf8');
  let help = '';
  program.configureOutput({ writeOut: (text) => (help += text) });
  program.outputHelp();
  const rows = (heading: string): readonly string[][] => {
    const section = page.split(/^## /m).find((each) => each.startsWith(heading)) ?? '';
    return [...section.matchAll(/^\| `?([^|`]+?)`? +\| (.*?) +\|$/gm)]
      .slice(2)
      .map(([, name = '', what = '']) => [name, what]);
  };
  const codes = rows('Exit codes');
  expect(codes.map(([code]) => Number(code))).toEqual(Object.values(exitCodes));
  for (const [code = '', what = ''] of codes.filter(([each]) => each !== '70'))
    expect(help).toContain(`  ${code}  ${what}\n`);
  const variables = rows('Environment');
  const printed = [...help.matchAll(/^ {2}([A-Z_]{6,}) +(.*)$/gm)].map(([, name, what]) => [
    name,
    what,
  ]);
  expect(variables).toEqual(printed);
});

test('every command has examples, which use options that it has, and --json', () => {
  for (const { path, command } of leavesOf(program, '')) {
    const examples = examplesOf(command);
    expect(examples, path).toContain(`$ `);
    const known = new Set(
      leavesOf(program, '').flatMap((leaf) => leaf.command.options.map(({ long }) => long)),
    );
    for (const [flag] of examples.matchAll(/(?<= )--[a-z][a-z0-9-]*/g))
      expect(known, path).toContain(flag);
    const options = command.options.map(({ long }) => long);
    if (path !== 'completion') expect(options, path).toContain('--json');
  }
});

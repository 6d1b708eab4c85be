import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CliError, cliErrorCodes } from '../src/cli-error.ts';
import { exitCodeOf } from '../src/exit-code.ts';

const page = readFileSync(new URL('../../../docs/errors/cli.md', import.meta.url), 'utf8');
const paragraphs = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part] as const),
);

test('every error code has its paragraph, and every paragraph its code', () => {
  expect([...paragraphs.keys()].sort()).toEqual([...cliErrorCodes].sort());
});

test.each(cliErrorCodes)('the paragraph of %s has its exit code', (code) => {
  const [, exitCode] = /Exit\scode (\d+)\.\n*$/.exec(paragraphs.get(code) ?? '') ?? [];
  expect(Number(exitCode)).toBe(exitCodeOf(new CliError(code, 'a message')));
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cliErrorCodes } from '../src/cli-error.ts';

test('every error code has its paragraph, and every paragraph its code', () => {
  const page = readFileSync(new URL('../../../docs/errors/cli.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual([...cliErrorCodes].sort());
});

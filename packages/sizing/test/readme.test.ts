import { readFileSync } from 'node:fs';
import { sizingErrorCodes } from '@fairlead/sizing';
import { expect, test } from 'vitest';

test("the README's example has at most 15 lines", () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
});

test('every error code has its paragraph, and every paragraph its code', () => {
  const page = readFileSync(new URL('../../../docs/errors/sizing.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual([...sizingErrorCodes].sort());
});

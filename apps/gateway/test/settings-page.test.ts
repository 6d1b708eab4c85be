import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settings } from '../src/settings.ts';

const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');

/** The cells of the first table under a heading, without its head. */
function tableUnder(heading: string): string[][] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

test('docs/settings.md lists every setting of the gateway as the code has it, in its order', () => {
  expect(tableUnder('Gateway')).toEqual(
    Object.values(settings).map(({ variable, fallback, description }) => [
      `\`${variable}\``,
      fallback === undefined ? '' : `\`${fallback}\``,
      description,
    ]),
  );
});

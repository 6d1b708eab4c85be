import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Setting } from '../src/settings/setting.ts';
import { settingGroups, settings } from '../src/settings/settings.ts';

const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');

/** The cells of the first table under a heading, without its head. */
function tableUnder(heading: string): string[][] {
  const section = page.split(/^##+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

test.each(Object.entries(settingGroups))(
  'docs/settings.md lists the settings under "%s" as the code has them, in their order',
  (heading, group: Readonly<Record<string, Setting<unknown>>>) => {
    expect(tableUnder(heading)).toEqual(
      Object.values(group).map(({ variable, fallback, description }) => [
        `\`${variable}\``,
        fallback === undefined ? '' : `\`${fallback}\``,
        description,
      ]),
    );
  },
);

test('every setting is under a heading', () => {
  const listed = Object.values(settingGroups).flatMap((group) => Object.keys(group));
  expect(listed.sort()).toEqual(Object.keys(settings).sort());
});

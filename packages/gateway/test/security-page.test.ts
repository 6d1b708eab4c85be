import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');

/** The tests that a part of the page names: `file`: "title". */
function namedTests(part: string): readonly (readonly [file: string, title: string])[] {
  return [...part.matchAll(/^- `([^`]+\.test\.ts)`: "(.+)"$/gm)].map(
    ([, file = '', title = '']) => [file, title] as const,
  );
}

/** Whether a file has a test of that title, written as its source has it. */
function hasTest(file: string, title: string): boolean {
  const path = join(root, file);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8');
  const quoted = [`'${title.replaceAll("'", String.raw`\'`)}'`, `"${title}"`, `\`${title}\``];
  return quoted.some((text) => source.includes(`${text},`));
}

const named = namedTests(page);

test.each(named)('docs/security.md names a test that is there: %s, "%s"', (file, title) => {
  expect(hasTest(file, title)).toBe(true);
});

test('a test that is not there is found out', () => {
  const [file] = named[0] ?? [''];
  expect(hasTest(file, 'no such test')).toBe(false);
  expect(hasTest('packages/security/test/nowhere.test.ts', 'x')).toBe(false);
});

test('docs/security.md names a test for each item of the OWASP API Security Top 10, and for the keys', () => {
  const sections = page.split(/^##+ /m);
  const items = sections.filter((section) => /^API\d+ /.test(section));
  expect(items.map((item) => /^API(\d+) /.exec(item)?.[1])).toEqual(
    Array.from({ length: 10 }, (_, at) => String(at + 1)),
  );
  for (const section of [...items, ...sections.filter((each) => each.startsWith('Keys\n'))]) {
    expect(namedTests(section).length, section.split('\n')[0]).toBeGreaterThan(0);
  }
  // Every line that looks like a test is read as one.
  expect(page.match(/\.test\.ts/g)).toHaveLength(named.length);
});

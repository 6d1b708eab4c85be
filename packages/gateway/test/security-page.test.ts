import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');

/** Lists the tests that a part of the page cites: `file`: "title". */
function namedTests(part: string): readonly (readonly [file: string, title: string])[] {
  return [...part.matchAll(/^- `([^`]+\.test\.ts)`: "(.+)"$/gm)].map(
    ([, file = '', title = '']) => [file, title] as const,
  );
}

/** Returns whether the source of a file has a test of that title. */
function hasTest(file: string, title: string): boolean {
  const path = join(root, file);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8');
  const quoted = [`'${title.replaceAll("'", String.raw`\'`)}'`, `"${title}"`, `\`${title}\``];
  return quoted.some((text) => source.includes(`${text},`));
}

const named = namedTests(page);

test.each(named)('docs/security.md cites a test that exists: %s, "%s"', (file, title) => {
  expect(hasTest(file, title)).toBe(true);
});

test('a test that does not exist is detected', () => {
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
  // Each line that cites a test has the expected form.
  expect(page.match(/\.test\.ts/g)).toHaveLength(named.length);
});

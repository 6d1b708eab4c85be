import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** Anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const prose = markdown.replaceAll(/^```.*?^```/gms, '');
  return new Set(
    [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Relative links of a page that lead to no file or to no heading. */
function brokenLinks(file: string, markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const linked = path === '' ? join(root, file) : join(root, dirname(file), path);
      if (!existsSync(linked)) return true;
      return (
        anchor !== undefined &&
        linked.endsWith('.md') &&
        !anchorsOf(readFileSync(linked, 'utf8')).has(anchor)
      );
    });
}

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

it.each(pages)('%s links only to files and headings that exist', (file) => {
  expect(brokenLinks(file, readFileSync(join(root, file), 'utf8'))).toEqual([]);
});

it('finds a link to a missing file and one to a missing heading', () => {
  const page = '[a](nowhere.md) [b](architecture.md#nowhere) [c](architecture.md#packages)';
  expect(brokenLinks('docs/x.md', page)).toEqual(['nowhere.md', 'architecture.md#nowhere']);
});

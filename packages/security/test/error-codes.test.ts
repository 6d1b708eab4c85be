import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

it('explains every error code, and none that does not exist', async () => {
  const source = new URL('../src/', import.meta.url);
  const files = (await readdir(source)).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, source), 'utf8')));
  const codes = new Set(texts.join('\n').match(/\bERR_[A-Z_]+\b/g));
  const page = await readFile(new URL('../../../docs/errors/security.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^### (.+)$/gm)].map((match) => match[1]);
  expect(codes.size).toBeGreaterThan(10);
  expect(headings.toSorted()).toEqual([...codes].sort());
});

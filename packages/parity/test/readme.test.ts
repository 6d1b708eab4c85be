import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ParityReport } from '@fairlead/parity';
import { parityErrorCodes } from '@fairlead/parity';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from './support/temporary-folder.ts';

const project = new URL('../', import.meta.url);

/** Runs an example where the packages that it imports are found. */
async function run(name: string, code: string): Promise<Readonly<Record<string, unknown>>> {
  mkdirSync(new URL('reports/', project), { recursive: true });
  const file = new URL(`reports/${name}.ts`, project);
  writeFileSync(file, code);
  return (await import(/* @vite-ignore */ file.href)) as Readonly<Record<string, unknown>>;
}

test("the README's example runs unchanged", async () => {
  const readme = readFileSync(new URL('README.md', project), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  const log = vi.spyOn(console, 'log').mockReturnValue(undefined);
  const { report, page } = await run('readme-example', code);
  expect(log).toHaveBeenCalledWith(0.25);
  expect(report as ParityReport).toMatchObject({ rows: 2, parity: 0.25 });
  expect(page).toContain('Parity of digits version 3');
});

test('every example in the sources runs, with the values that its comments name', async () => {
  const before = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => {
    process.chdir(before);
  });
  const sources = fileURLToPath(new URL('src/', project));
  let examples = 0;
  for (const file of globSync('**/*.ts', { cwd: sources })) {
    const text = readFileSync(new URL(`src/${file}`, project), 'utf8');
    for (const [, comment = ''] of text.matchAll(/@example\n \* ```ts\n(.*?) \* ```/gs)) {
      const code = comment.replaceAll(/^ \* ?/gm, '');
      const checked = code.replaceAll(
        /^(report\.\w+); \/\/ (.*)$/gm,
        (_line, expression: string, value: string) =>
          `export const found = [${expression}, ${value}];`,
      );
      const { found } = await run(`example-${examples}`, checked);
      if (Array.isArray(found)) expect(found[0]).toBe(found[1]);
      examples += 1;
    }
  }
  expect(examples).toBe(5);
});

test('every error code has its paragraph, and every paragraph its code', () => {
  const page = readFileSync(new URL('../../docs/errors/parity.md', project), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual([...parityErrorCodes].sort());
});

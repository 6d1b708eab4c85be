import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { captureErrorCodes } from '@fairlead/capture';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '@fairlead/test-support';

const project = new URL('../', import.meta.url);

/** Runs an example where the packages that it imports are found, and compares what it prints with its comments. */
async function run(name: string, code: string): Promise<void> {
  mkdirSync(new URL('reports/', project), { recursive: true });
  const file = new URL(`reports/${name}.ts`, project);
  writeFileSync(file, code);
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values: readonly unknown[]) => {
    printed.push(
      values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '),
    );
  });
  try {
    await import(/* @vite-ignore */ file.href);
  } finally {
    log.mockRestore();
  }
  const expected = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(
    ([, line]) => line,
  );
  expect(printed, code).toEqual(expected);
  expect(expected.length, code).toBeGreaterThan(0);
}

test("the README's example runs unchanged, and prints what its comment says", async () => {
  const readme = readFileSync(new URL('README.md', project), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  await run('readme-example', code);
});

test('every example in the sources runs, and prints what its comments say', async () => {
  const before = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => {
    process.chdir(before);
  });
  const sources = fileURLToPath(new URL('src/', project));
  let examples = 0;
  for (const file of globSync('**/*.ts', { cwd: sources })) {
    const text = readFileSync(new URL(`src/${file}`, project), 'utf8');
    for (const [, comment = ''] of text.matchAll(/@example\n *\* ```ts\n(.*?) *\* ```/gs)) {
      await run(`example-${examples}`, comment.replaceAll(/^ *\* ?/gm, ''));
      examples += 1;
    }
  }
  expect(examples).toBeGreaterThanOrEqual(2);
});

test('every error code has its paragraph, and every paragraph its code', () => {
  const page = readFileSync(new URL('../../docs/errors/capture.md', project), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual([...captureErrorCodes].sort());
});

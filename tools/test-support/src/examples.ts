import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format } from 'node:util';

import { until } from './polling.ts';

/** An `@example` of a TSDoc comment. */
export interface DocExample {
  /** Its source file, and its number in it: `src/create-api-key.ts 1`. */
  readonly name: string;
  readonly code: string;
  /** Lines that it prints: the comments behind its calls of `console.log`. */
  readonly expected: readonly string[];
}

/** Reads every `@example` in the sources of a package, whose folder is `folder`. */
export function readExamples(folder: URL): readonly DocExample[] {
  const root = fileURLToPath(folder);
  return globSync('src/**/*.ts', { cwd: root })
    .toSorted()
    .flatMap((source) => {
      const text = readFileSync(`${root}/${source}`, 'utf8');
      return [...text.matchAll(/@example\n *\* ```ts\n(.*?) *\* ```/gs)].map(
        ([, lines = ''], index) => {
          const code = lines.replace(/^ *\* ?/gm, '');
          const prints = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)];
          const expected = prints.map(([, line = '']) => line);
          return { name: `${source} ${index + 1}`, code, expected };
        },
      );
    });
}

let count = 0;

/**
 * Executes an example in this process, as a module of the package, and returns the lines that it has printed: after the module
 * was evaluated, it waits until there are as many as expected.
 */
export async function runExample(
  folder: URL,
  { code, expected }: DocExample,
): Promise<readonly string[]> {
  const reports = fileURLToPath(new URL('reports', folder));
  mkdirSync(reports, { recursive: true });
  count += 1;
  const file = `${reports}/example-${process.pid}-${count}.ts`;
  const printed: string[] = [];
  const { log } = console;
  console.log = (...values: readonly unknown[]): void => {
    printed.push(format(...values));
  };
  try {
    writeFileSync(file, code);
    await import(/* @vite-ignore */ pathToFileURL(file).href);
    await until(() => printed.length >= expected.length, 30_000).catch(() => undefined);
    return printed;
  } finally {
    console.log = log;
    rmSync(file, { force: true });
  }
}

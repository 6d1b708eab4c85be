import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
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
          return { name: `${source} ${index + 1}`, code, expected: expectedLines(code) };
        },
      );
    });
}

/** Reads every block of TypeScript in a Markdown file that prints something, such as `README.md`. */
export function readMarkdownExamples(file: URL): readonly DocExample[] {
  const blocks = readFileSync(file, 'utf8').matchAll(/^```ts\n(.*?)^```/gms);
  return [...blocks]
    .map(([, code = ''], index) => {
      const name = `${basename(file.pathname)} ${index + 1}`;
      return { name, code, expected: expectedLines(code) };
    })
    .filter(({ expected }) => expected.length > 0);
}

function expectedLines(code: string): readonly string[] {
  const prints = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)];
  return prints.map(([, line = '']) => line);
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

/**
 * Lists the functions, classes and constants that the entry points of a package export without an `@example`, in the order of
 * their names.
 */
export function undocumentedExports(folder: URL): readonly string[] {
  const root = fileURLToPath(folder);
  const { exports = {} } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    readonly exports?: Readonly<Record<string, { readonly '@fairlead/source'?: string }>>;
  };
  const entries = Object.values(exports).flatMap((entry) => entry['@fairlead/source'] ?? []);
  const names = entries.flatMap((entry) => {
    const index = new URL(entry, folder);
    const lists = readFileSync(index, 'utf8').matchAll(/^export \{([^}]*)\} from '([^']*)';/gm);
    return [...lists].flatMap(([, list = '', file = '']) => {
      const source = `\n${readFileSync(new URL(file, index), 'utf8')}`;
      const exported = list.split(',').map((name) => name.trim());
      return exported.filter((name) => /^\w+$/.test(name) && !hasExample(source, name));
    });
  });
  return [...new Set(names)].toSorted();
}

/** Returns whether the comment before the declaration of `name` has an example. */
function hasExample(source: string, name: string): boolean {
  const declaration = new RegExp(
    String.raw`^export (?:async )?(?:abstract )?(?:function\*?|class|const) ${name}\b`,
    'm',
  );
  const at = declaration.exec(source)?.index ?? 0;
  const before = source.slice(0, at).trimEnd();
  return before.endsWith('*/') && before.slice(before.lastIndexOf('\n/**')).includes('@example');
}

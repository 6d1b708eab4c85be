import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { createConsumer, runTsc } from '../src/consumer.ts';
import { packageFolderNames } from '../src/packed-package.ts';
import { workspaceRoot } from '../src/workspace-root.ts';

interface Example {
  readonly file: string;
  readonly code: string;
}

function examplesOf(name: string): readonly Example[] {
  const readme = readFileSync(join(workspaceRoot, 'packages', name, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```(?<language>ts|js)\n(?<code>.*?)^```$/gms)];
  return blocks.map(({ groups }, n) => ({
    file: `${name}-${n}.${groups?.language ?? ''}`,
    code: groups?.code ?? '',
  }));
}

describe('the READMEs', { timeout: 300_000 }, () => {
  const examples = packageFolderNames().flatMap(examplesOf);
  const languages = new Set(examples.map(({ file }) => extname(file).slice(1)));
  it.each(packageFolderNames())('of %s has an example', (name) => {
    expect(examplesOf(name)).not.toEqual([]);
  });

  it.each([...languages])(
    'have examples in %s that compile where the packages are installed',
    async (language) => {
      const some = examples.filter(({ file }) => file.endsWith(`.${language}`));
      const compilerOptions = {
        module: 'nodenext',
        target: 'es2023',
        strict: true,
        // JavaScript has no type annotations: its parameters may be anything.
        noImplicitAny: language === 'ts',
        allowJs: true,
        checkJs: true,
        skipLibCheck: true,
        types: ['node'],
        noEmit: true,
      };
      const project = createConsumer({
        manifest: { type: 'module' },
        dependencies: ['@types/node', '@types/express', 'express', 'fastify', '@grpc/grpc-js'],
        files: {
          'tsconfig.json': JSON.stringify({ compilerOptions }),
          ...Object.fromEntries(some.map(({ file, code }) => [file, code])),
        },
      });
      expect(await runTsc(project)).toEqual({ exitCode: 0, output: '' });
    },
  );
});

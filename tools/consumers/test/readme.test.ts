import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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

/** JavaScript has no type annotations: its parameters may be anything. */
const UNTYPED_PARAMETER = /\.js\(\d+,\d+\): error TS70(?:06|31): /;

describe('the READMEs', { timeout: 300_000 }, () => {
  const examples = packageFolderNames().flatMap(examplesOf);
  it.each(packageFolderNames())('of %s has an example', (name) => {
    expect(examplesOf(name)).not.toEqual([]);
  });

  it('have examples in TypeScript and JavaScript that compile where the packages are installed', async () => {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      strict: true,
      allowJs: true,
      checkJs: true,
      skipLibCheck: true,
      types: ['node'],
      noEmit: true,
    };
    const project = createConsumer({
      manifest: { type: 'module' },
      dependencies: [
        '@types/node',
        '@types/express',
        'express',
        'fastify',
        '@grpc/grpc-js',
        'aws-cdk-lib',
        'constructs',
      ],
      files: {
        'tsconfig.json': JSON.stringify({ compilerOptions }),
        ...Object.fromEntries(examples.map(({ file, code }) => [file, code])),
      },
    });
    const { output } = await runTsc(project);
    const errors = output.split('\n').filter((line) => !UNTYPED_PARAMETER.test(line));
    expect(errors).toEqual(['']);
  });
});

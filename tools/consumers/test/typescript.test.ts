import { join } from 'node:path';

import { beforeAll, describe, expect, inject, it } from 'vitest';

import { createConsumer, runNode, runTsc } from '../src/consumer.ts';
import { allSubpaths } from '../src/subpaths.ts';

const packages = inject('packages');

const tsconfig = JSON.stringify({
  compilerOptions: {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ['node'],
    outDir: 'out',
  },
  include: ['*.mts', '*.cts'],
});

/** Imports every subpath, prints what each exports, and does not compile if one of the exports has the type `any`. */
function importAll(subpaths: readonly string[]): string {
  const imports = subpaths.map((subpath, n) => `import * as m${n} from '${subpath}';\n`);
  const checks = subpaths.map(
    (_subpath, n) =>
      `const none${n}: [AnyOf<typeof m${n}>] extends [never] ? true : false = true;\n`,
  );
  const exported = subpaths.map((subpath, n) => `  '${subpath}': Object.keys(m${n}).sort(),\n`);
  return `${imports.join('')}
type AnyOf<M> = { [K in keyof M]: 0 extends 1 & M[K] ? K : never }[keyof M];
${checks.join('')}
console.log(JSON.stringify({\n  module: typeof module,\n${exported.join('')}  checks: [${subpaths.map((_subpath, n) => `none${n}`).join(', ')}],\n}));
`;
}

/** Each line is wrong, unless the package's types are not found and everything is \`any\`. */
function misuseAll(subpaths: readonly string[]): string {
  return subpaths
    .map((subpath, n) => `import * as m${n} from '${subpath}'; m${n}.thereIsNoSuchExport;\n`)
    .join('');
}

/** Leaves out errors inside of aws-cdk-lib, whose types don't fit `exactOptionalPropertyTypes`; lines that are indented belong to the error before. */
function ownErrors(lines: readonly string[]): readonly string[] {
  let isOwn = true;
  return lines.filter((line) => {
    if (!/^\s/.test(line)) isOwn = !line.includes('/node_modules/aws-cdk-lib/');
    return isOwn;
  });
}

describe('a TypeScript project', { timeout: 300_000 }, () => {
  const subpaths = allSubpaths(packages);
  let project: string;
  let errors: readonly string[];
  // One run of the compiler for both kinds of modules: it checks every type of every package.
  beforeAll(async () => {
    project = createConsumer({
      dependencies: ['@types/node'],
      files: {
        'tsconfig.json': tsconfig,
        'main.mts': importAll(subpaths),
        'main.cts': importAll(subpaths),
        'wrong.mts': misuseAll(subpaths),
        'wrong.cts': misuseAll(subpaths),
      },
    });
    const { output } = await runTsc(project);
    errors = ownErrors(output.trim().split('\n'));
  });

  it('compiles with every type checked', () => {
    expect(errors.filter((line) => !line.startsWith('wrong.'))).toEqual([]);
  });

  it.each([
    ['ESM', 'mjs', 'undefined'],
    ['CommonJS', 'cjs', 'object'],
  ])('compiles to %s that runs', async (_kind, extension, typeOfModule) => {
    const main = join('out', `main.${extension}`);
    const { exitCode, output } = await runNode(project, '--no-warnings', main);
    expect(exitCode, output).toBe(0);
    const exported = JSON.parse(output) as Record<string, unknown>;
    expect(exported.module).toBe(typeOfModule);
    for (const subpath of subpaths) expect(exported[subpath]).toContainEqual(expect.any(String));
  });

  it.each(['wrong.mts', 'wrong.cts'])('gets an error for each wrong import in %s', (file) => {
    const lines = errors.filter((line) => line.startsWith(file));
    expect(lines).toHaveLength(subpaths.length);
    for (const line of lines) expect(line).toMatch(/TS2339: .*thereIsNoSuchExport/);
  });
});

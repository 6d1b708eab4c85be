import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ConsumerWorkshop, runNode, runTsc } from '../src/consumer.ts';
import { allSubpaths } from '../src/subpaths.ts';

let workshop: ConsumerWorkshop;
beforeAll(async () => {
  workshop = await ConsumerWorkshop.open();
}, 120_000);
afterAll(() => {
  workshop.close();
});

const tsconfig = (options: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: ['node'],
      outDir: 'out',
      ...options,
    },
    include: ['*.ts'],
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

describe.each([
  ['ESM', { type: 'module' }],
  ['CommonJS', { type: 'commonjs' }],
])('a TypeScript project that compiles to %s', { timeout: 300_000 }, (kind, manifest) => {
  it('compiles with every type checked, and runs', async () => {
    const subpaths = allSubpaths(workshop.packages);
    const project = workshop.create({
      manifest,
      dependencies: ['@types/node'],
      files: { 'tsconfig.json': tsconfig({}), 'main.ts': importAll(subpaths) },
    });
    expect(await runTsc(project)).toEqual({ exitCode: 0, output: '' });
    const { exitCode, output } = await runNode(project, '--no-warnings', join('out', 'main.js'));
    expect(exitCode, output).toBe(0);
    const exported = JSON.parse(output) as Record<string, unknown>;
    expect(exported.module).toBe(kind === 'ESM' ? 'undefined' : 'object');
    for (const subpath of subpaths) expect(exported[subpath]).toContainEqual(expect.any(String));
  });

  it('is told what is wrong with each import', async () => {
    const subpaths = allSubpaths(workshop.packages);
    const project = workshop.create({
      manifest,
      dependencies: ['@types/node'],
      files: { 'tsconfig.json': tsconfig({ noEmit: true }), 'wrong.ts': misuseAll(subpaths) },
    });
    const { exitCode, output } = await runTsc(project);
    expect(exitCode, output).not.toBe(0);
    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(subpaths.length);
    for (const line of lines) expect(line).toMatch(/TS2339: .*thereIsNoSuchExport/);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { checkPackage, packAll } from '../src/packages/check-package.ts';

function pack(manifest: object, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-package-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, 'one'));
  const write = (name: string, content: string): void => {
    writeFileSync(join(folder, 'one', name), content);
  };
  const common = { name: '@example/one', version: '1.2.3', type: 'module', license: 'Apache-2.0' };
  write('package.json', JSON.stringify({ ...common, ...manifest }));
  for (const [name, content] of Object.entries(files)) write(name, content);
  const [packed] = packAll(folder, ['one'], folder);
  expect(packed?.name).toBe('@example/one');
  return packed?.tarball ?? '';
}

const exported = { exports: { '.': { types: './index.d.ts', default: './index.js' } } };
const module = { 'index.js': 'export const one = 1;\n' };

test('a package whose types and manifest are right has no problem', async () => {
  const types = { 'index.d.ts': 'export declare const one: 1;\n' };
  expect(await checkPackage(pack(exported, { ...module, ...types }))).toEqual([]);
});

test('a file of the manifest that is not packed is a problem', async () => {
  const problems = await checkPackage(
    pack({ ...exported, files: ['index.js'] }, { ...module, 'index.d.ts': 'export {};\n' }),
  );
  expect(problems.join('\n')).toContain('./index.d.ts');
});

test('types that declare another kind of module are a problem', async () => {
  const types = { 'index.d.cts': 'export declare const one: 1;\n' };
  const problems = await checkPackage(
    pack(
      { exports: { '.': { types: './index.d.cts', default: './index.js' } } },
      { ...module, ...types },
    ),
  );
  expect(problems.join('\n')).toContain('"kind":"FalseCJS"');
});

test('a package without types is a problem', async () => {
  expect(await checkPackage(pack({ exports: './index.js' }, module))).toEqual(['has no types']);
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { writeBundle } from '@fairlead/deploy';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, it } from 'vitest';

it('an application in a bundle runs without its sources', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'src'));
  const entry = join(folder, 'src', 'main.ts');
  writeFileSync(entry, `import { greeting } from './greeting.ts';\nconsole.log(greeting);\n`);
  writeFileSync(join(folder, 'src', 'greeting.ts'), `export const greeting: string = 'hello';\n`);
  const into = join(folder, 'made', 'bundle');
  const program = await writeBundle({ entry, into });
  expect(program).toBe(join(into, 'gateway/dist/main.js'));
  writeFileSync(join(folder, 'src', 'greeting.ts'), '');
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('hello\n');
});

it('classes and functions of a bundle have their names, and none gets it when it is made', async () => {
  const entry = join(temporaryFolder(), 'main.ts');
  writeFileSync(
    entry,
    `class Store {}\nconst open = () => { function answer() { return new Store(); } return answer; };\nconsole.log(open.name, open().name, open()());\n`,
  );
  const program = await writeBundle({ entry, into: join(temporaryFolder(), 'bundle') });
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe(
    'open answer Store {}\n',
  );
  // The bundler's helper defines a property of each closure: for a gateway, several times a request.
  expect(readFileSync(program, 'utf8')).not.toContain('__name');
});

it('the program of the gateway reads less than 1.5 MB at its start, without Express and undici', async () => {
  const entry = fileURLToPath(new URL('../../../../apps/gateway/src/main.ts', import.meta.url));
  const into = join(temporaryFolder(), 'bundle');
  const program = await writeBundle({ entry, into, conditions: ['@fairlead/source'] });
  const texts = new Map<string, string>();
  const read = (path: string): void => {
    if (texts.has(path)) return;
    const text = readFileSync(path, 'utf8');
    texts.set(path, text);
    for (const [, name = ''] of text.matchAll(/(?:from|import)"(\.\/[\w.-]+\.js)"/g)) {
      read(join(path, '..', name));
    }
  };
  read(program);
  const all = [...texts.values()].join('');
  expect(all.length).toBeLessThan(1_500_000);
  const folder = join(program, '..');
  const others = readdirSync(folder).filter((name) => !texts.has(join(folder, name)));
  const later = others.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
  for (const part of ['express/lib/express.js', 'undici/lib/dispatcher/pool.js']) {
    expect(later).toContain(`node_modules/${part}`);
    expect(all).not.toContain(`node_modules/${part}`);
  }
});

/** Writes an application whose package `store` uses `sdk-of-store` for one function, and declares it as an optional peer. */
function applicationWithStore(entryText: string, optional = true): string {
  const folder = temporaryFolder();
  const write = (path: string, text: string): string => {
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  write(
    'node_modules/store/package.json',
    JSON.stringify({
      ...{ name: 'store', type: 'module', exports: './dist/index.js' },
      peerDependencies: { '@sdk/of-store': '*' },
      peerDependenciesMeta: { '@sdk/of-store': { optional } },
    }),
  );
  write(
    'node_modules/store/dist/index.js',
    `export { open } from './open.js';\nexport const upload = () => import('./upload.js');\n`,
  );
  write('node_modules/store/dist/open.js', `export const open = () => 'opened';\n`);
  write(
    'node_modules/store/dist/upload.js',
    `import { open } from './open.js';\nimport { Client } from '@sdk/of-store/client';\nexport const client = [open, Client];\n`,
  );
  write(
    'node_modules/store/tries.cjs',
    `let found = 'nothing';\ntry {\n  found = require('@sdk/of-store');\n} catch {}\nmodule.exports = found;\n`,
  );
  write('node_modules/store/needs.cjs', `module.exports = require('@sdk/of-store');\n`);
  return write('main.mjs', entryText);
}

it('an application in a bundle runs without an optional package that another one tries to require', async () => {
  const entry = applicationWithStore(
    `import found from './node_modules/store/tries.cjs';\nconsole.log(found);\n`,
  );
  const program = await writeBundle({ entry, into: join(temporaryFolder(), 'bundle') });
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('nothing\n');
});

it('an application in a bundle runs without the optional packages of others until it uses one', async () => {
  const entry = applicationWithStore(
    `import { open, upload } from 'store';\nconsole.log(open());\nawait upload().catch((error) => console.log(error.code));\n`,
  );
  const program = await writeBundle({ entry, into: join(temporaryFolder(), 'bundle') });
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe(
    'opened\nERR_MODULE_NOT_FOUND\n',
  );
});

it.each<[string, string, boolean, string]>([
  [
    'at its start',
    `import 'store/dist/upload.js';`,
    true,
    "it imports packages that aren't installed. Run npm install @sdk/of-store",
  ],
  [
    'that is required at its start',
    `import './node_modules/store/needs.cjs';`,
    true,
    "it imports packages that aren't installed. Run npm install @sdk/of-store",
  ],
  [
    'that its package needs',
    `import { upload } from 'store';\nawait upload();`,
    false,
    'upload.js:2: Could not resolve "@sdk/of-store/client"',
  ],
])('an application is not bundled without a package %s', async (_, text, optional, message) => {
  const entry = applicationWithStore(
    text.replace('store/dist', './node_modules/store/dist'),
    optional,
  );
  const bundling = writeBundle({ entry, into: join(temporaryFolder(), 'bundle') });
  await expect(bundling).rejects.toMatchObject({
    code: 'ERR_DEPLOY_BUILD_FAILED',
    message: expect.stringContaining(message) as string,
  });
});

it.each([
  [{ entry: '', into: 'out' }, 'Option entry: expected the path of a module, got ""'],
  [{ entry: 'main.ts', into: 4 }, 'Option into: expected the path of a folder, got 4'],
  [{ entry: 'main.ts' }, 'into'],
  [{ entry: 'main.ts', into: 'out', minify: true }, 'minify'],
])('rejects %j', async (options, message) => {
  await expect(writeBundle(options as never)).rejects.toMatchObject({
    code: 'ERR_DEPLOY_INVALID_OPTION',
    message: expect.stringContaining(message) as string,
  });
});

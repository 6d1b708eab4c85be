import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkFolders } from '../src/folders/check-folders.ts';

const main = join(import.meta.dirname, '../src/folders/main.ts');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-folders-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Writes source files and returns the edges that the check refuses. */
function refused(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return checkFolders(folder).map(({ id }) => id);
}

describe('rings between folders', () => {
  it('two folders that import each other are refused, types included', () => {
    const edges = refused({
      'cache/entry.ts': `import type { Model } from '../models/model.ts';`,
      'models/model.ts': `export { entry } from '../cache/entry.ts';`,
    });
    expect(edges).toEqual(['cache/ → models/', 'models/ → cache/']);
  });

  it('a ring through a third folder is refused, and the folder that only leads to it is not named', () => {
    const edges = refused({
      'a/a.ts': `import '../b/b.ts';`,
      'b/b.ts': `const c = import('../c/c.ts');`,
      'c/c.ts': `type A = import('../a/a.ts').A;`,
      'd/d.ts': `import '../a/a.ts';`,
    });
    expect(edges).toEqual(['a/ → b/', 'b/ → c/', 'c/ → a/']);
  });

  it('folders inside of a folder are compared with each other', () => {
    const edges = refused({
      'jobs/sqs/queue.ts': `import '../folder/record.ts';`,
      'jobs/folder/record.ts': `import '../sqs/queue.ts';`,
    });
    expect(edges).toEqual(['jobs/: folder/ → sqs/', 'jobs/: sqs/ → folder/']);
  });

  it('folders that are imported in one direction are accepted, deep files included', () => {
    const edges = refused({
      'top/one/a.ts': `import '../../low/one/b.ts'; import '../two/c.ts';`,
      'top/two/c.ts': '',
      'low/one/b.ts': `import '../d.ts';`,
      'low/d.ts': '',
    });
    expect(edges).toEqual([]);
  });

  it('two files of one folder may import each other', () => {
    expect(refused({ 'a/a.ts': `import './b.ts';`, 'a/b.ts': `import './a.ts';` })).toEqual([]);
  });
});

describe('imports that run up', () => {
  it('a file beside a folder that imports it must not be imported by it, not even through others', () => {
    const edges = refused({
      'server.ts': `import './protocol/decode.ts';`,
      'protocol/decode.ts': `import '../route.ts';`,
      'route.ts': `import './server.ts';`,
    });
    expect(edges).toEqual([
      'protocol/ → route.ts',
      'route.ts → server.ts',
      'server.ts → protocol/',
    ]);
  });

  it('a folder may import a file above it that needs nothing of the folder', () => {
    const edges = refused({
      'serving-error.ts': '',
      'protocol/decode.ts': `import '../serving-error.ts';`,
      'index.ts': `export * from './protocol/decode.ts';`,
    });
    expect(edges).toEqual([]);
  });

  it.each(['index.ts', 'main.ts', 'bin.ts'])('%s is imported neither beside nor below', (entry) => {
    const edges = refused({
      [entry]: '',
      'beside.ts': `import './${entry}';`,
      'grpc/below.ts': `import '../${entry}';`,
    });
    expect(edges).toEqual([`beside.ts → ${entry}`, `grpc/below.ts → ${entry}`]);
  });

  it('a folder next door may import the index of another folder', () => {
    expect(refused({ 's3/index.ts': '', 'store/open.ts': `import '../s3/index.ts';` })).toEqual([]);
  });
});

it('the message names both files and the remedy', () => {
  refused({ 'a/a.ts': `import '../b/b.ts';`, 'b/b.ts': `import '../a/a.ts';` });
  expect(checkFolders(folder)[0]?.message).toBe(
    'a/ → b/ is part of a ring: a/a.ts imports b/b.ts. Move what both need into the lower of the two, or below both.',
  );
});

it('an import that only a comment or a string mentions does not count', () => {
  const edges = refused({
    'a/a.ts': `import '../b/b.ts';`,
    'b/b.ts': `// import '../a/a.ts';\nexport const text = "import '../a/a.ts'";`,
  });
  expect(edges).toEqual([]);
});

it('the command ends with 1 and names the package of a ring', () => {
  const sources = join(folder, 'packages/signature/src');
  for (const [from, to] of ['ab', 'ba']) {
    mkdirSync(join(sources, String(from)), { recursive: true });
    writeFileSync(join(sources, `${from}/x.ts`), `import '../${to}/x.ts';`);
  }
  const { status, stderr } = spawnSync('node', [main, folder], { encoding: 'utf8' });
  expect(stderr).toMatch(/^packages\/signature\/src: a\/ → b\/ is part of a ring/);
  expect(status).toBe(1);
});

it('the command ends with 0 when there is no ring', () => {
  mkdirSync(join(folder, 'tools/x/src'), { recursive: true });
  writeFileSync(join(folder, 'tools/x/src/main.ts'), `import './other.ts';`);
  expect(spawnSync('node', [main, folder], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

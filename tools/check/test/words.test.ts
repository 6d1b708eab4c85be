import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { findWords } from '../src/words/find-words.ts';

const found = (text: string, file = 'src/a.ts'): readonly string[] =>
  findWords(file, text).map(({ word, line }) => `${line}: ${word}`);

describe('findWords', () => {
  it.each([
    ['a comment', '// Nobody answers.', ['1: nobody']],
    ['a string', `throw new Error('the copy is kept');`, ['1: kept']],
    ['Markdown', '\n\nGreatest size', ['3: greatest']],
    ['a name in camel case', 'const versionSeal = 1;', ['1: seal']],
    ['a name in capitals', 'const GREATEST_WAIT_MS = 1;', ['1: greatest']],
    ['a name in snake case', 'def check_proof(): pass', ['1: prove']],
    ['a phrase', 'a thread of its own', ['1: of its own']],
    ['a phrase with a hyphen', 'a stand-in', ['1: stand-in']],
    [
      'a phrase over two lines of a comment',
      '/**\n * A thread of\n * its own.\n */',
      ['2: of its own'],
    ],
    ['a phrase over two lines of Markdown', 'The model is\ngone.', ['1: is gone']],
    ['several words', 'told by somebody', ['1: told', '1: somebody']],
  ])('finds %s', (_where, text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it.each([
    ['part of a longer word', 'improve, sealant, dialectic, listened'],
    ['a standard phrase', 'at least one, told apart, the least recently used'],
  ])('accepts %s', (_what, text) => {
    expect(found(text)).toEqual([]);
  });

  it.each([
    ['packages/registry/src/a.ts', 'entry.versionSeal = manifest.seal;', []],
    ['packages/registry/src/a.ts', 'const sealOf = 1;\n\n// A Seal.', ['1: seal', '3: seal']],
    ['packages/serving/src/a.ts', 'entry.versionSeal', ['1: seal']],
    ['packages/gateway/README.md', '`FAIRLEAD_DIALECTS` names dialects', ['1: dialect']],
  ])('accepts the excepted names of %s in %j, whole', (file, text, expected) => {
    expect(found(text, file)).toEqual(expected);
  });

  it('finds a word in the name of a file', () => {
    expect(found('', 'packages/registry/src/upkeep/backup.ts')).toEqual(['0: upkeep']);
  });

  it.each([
    ['/** What the push did. */', 1],
    ['/**\n * Whether all is well.\n */', 2],
    ['// Who called.', 1],
  ])('finds the beginning of the comment %j', (text, line) => {
    expect(found(text)).toEqual([`${line}: comment begins with What, Whether, Who or Told`]);
  });

  it.each([
    '/** Returns whether all is well. */',
    '// The list of those\n// Who is a band.',
    '/* What */',
  ])('accepts the comment %j', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('reports the line and what to write instead', () => {
    expect(findWords('README.md', 'First\n  A dialect  ')).toEqual([
      { word: 'dialect', instead: 'protocol', line: 2, text: 'A dialect' },
    ]);
  });
});

describe('the command', () => {
  const repository = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-words-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    return folder;
  };
  const main = join(import.meta.dirname, '../src/words/main.ts');
  const run = (folder: string, ...args: string[]) =>
    spawnSync('node', [main, '--root', folder, ...args], { encoding: 'utf8' });

  it('ends with 1 and names the place and the replacement', () => {
    const folder = repository();
    writeFileSync(join(folder, 'guide.md'), '# Guide\n\nThe version is gone for want of disk.\n');
    const { status, stderr } = run(folder, 'guide.md');
    expect(stderr).toContain('"for want of": write without\n  guide.md:3: The version is gone');
    expect(status).toBe(1);
  });

  it('ends with 0 when no listed word is there', () => {
    const folder = repository();
    writeFileSync(join(folder, 'guide.md'), '# Guide\n\nThe version was deleted.\n');
    expect(run(folder)).toMatchObject({ status: 0, stderr: '' });
  });
});

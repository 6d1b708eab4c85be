import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { artifactPathProblem, artifactPathsProblem } from '../../src/versions/artifact-path.ts';

test.each([
  ['', 'empty'],
  ['/etc/passwd', 'absolute'],
  ['C:/model', 'absolute'],
  ['..', 'segment'],
  ['a/../../b', 'segment'],
  ['./a', 'segment'],
  ['a//b', 'segment'],
  ['a/', 'segment'],
  ['a\\..\\b', 'backslash'],
  ['a\0.onnx', 'control'],
  ['a\nb', 'control'],
  ['\ud800', 'Unicode'],
  ['x'.repeat(256), '255 bytes'],
  ['é'.repeat(128), '255 bytes'],
  [Array(400).fill('abc').join('/'), '1024 bytes'],
])('rejects %j', (path, why) => {
  expect(artifactPathProblem(path)).toContain(why);
});

test.each([
  'model.onnx',
  'code/app.py',
  '..model',
  'a..b/c',
  '.hidden',
  'Modell für Äpfel.onnx',
  '%2e%2e/x',
])('accepts %j', (path) => {
  expect(artifactPathProblem(path)).toBeUndefined();
});

test('no accepted path leads out of its folder', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', '/', '\\', 'a', '\0', 'C:'), fc.string());
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const path = parts.join('/');
      fc.pre(artifactPathProblem(path) === undefined);
      expect(posix.resolve('/store/version', path)).toBe(`/store/version/${path}`);
    }),
  );
});

test('rejects a file where another file needs a folder', () => {
  expect(artifactPathsProblem(['a', 'a/b'])).toContain('"a" is a file');
  expect(artifactPathsProblem(['a/b/c/d', 'a/b'])).toContain('"a/b" is a file');
  expect(artifactPathsProblem(['a', 'a'])).toContain('twice');
  expect(artifactPathsProblem(['a', 'ab', 'b/a'])).toBeUndefined();
});

import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../', import.meta.url));
const sources = globSync('src/**/*.ts', { cwd: folder });
const examples = sources.flatMap((source) => {
  const text = readFileSync(`${folder}${source}`, 'utf8');
  return [...text.matchAll(/@example\n \* ```ts\n(.*?) \* ```/gs)].map(
    ([, lines = ''], index) =>
      [`${basename(source, '.ts')}-${index}`, lines.replace(/^ \* ?/gm, '')] as const,
  );
});

test.each(examples)('the example %s prints what its comments say', (name, code) => {
  mkdirSync(`${folder}reports`, { recursive: true });
  const file = `${folder}reports/example-${name}.ts`;
  writeFileSync(file, code);
  const options = ['--disable-warning=ExperimentalWarning', '--conditions=@fairlead/source'];
  // Nx sets FORCE_COLOR.
  const env = { ...process.env, FORCE_COLOR: '0' };
  const output = execFileSync(process.execPath, [...options, file], { encoding: 'utf8', env });
  const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  expect(output.trimEnd().split('\n')).toEqual(expected);
});

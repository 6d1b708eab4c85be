import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsOfLine, exampleLines } from './support/example-lines.ts';
import { prepareExamples } from './support/example-place.ts';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
const env = {
  FAIRLEAD_REGISTRY: './registry',
  FAIRLEAD_ACTOR: 'ada',
  FAIRLEAD_KEYS_FILE: 'keys.json',
  FAIRLEAD_PEPPER: 'p'.repeat(40),
};

/** Values of an argument, and whether each command has to refuse them. */
const values: readonly (readonly [value: string, isRefused: boolean])[] = [
  ['x'.repeat(100_000), true],
  ['\u0007\u001b]0;title\u0007\nsecond line', false],
  ['missing/none', false],
];

/** Arguments that may hold any text, however long. */
const TEXTS = /^(?:-m|--client|model note 3)$/;

/** The commands of the page that end by themselves and use nothing but files. */
const commands = exampleLines(page)
  .filter((line) => !/serve|watch digits( --json)?$|s3:|forward|https?:/.test(line))
  .flatMap(commandsOfLine)
  .map((words) => words.map((word) => word.replace(/^\/$|^\/mnt\//, './')));

/** The arguments of each command once: words, the argument's position, and its name. */
const cases = new Map<string, Map<string, readonly [readonly string[], number]>>();
for (const words of commands) {
  const groups = ['model', 'registry', 'key', 'gates'];
  const from = words.findIndex((word) => !groups.includes(word)) + 1;
  const path = words.slice(0, from).join(' ');
  const found = cases.get(path) ?? new Map<string, readonly [readonly string[], number]>();
  for (let at = from; at < words.length; at += 1) {
    const [before = '', word = ''] = [words[at - 1], words[at]];
    if (word.startsWith('-')) continue;
    const name = before.startsWith('-') ? before : String(at);
    if (!found.has(name)) found.set(name, [words, at]);
  }
  if (found.size > 0) cases.set(path, found);
}

let prepared = '';
beforeAll(async () => {
  prepared = realpathSync(mkdtempSync(join(tmpdir(), 'fairlead-hostile-')));
  await prepareExamples({ folder: prepared, env });
});
afterAll(() => {
  rmSync(prepared, { recursive: true });
});

describe.each([...cases])('%s', (path, found) => {
  // One folder for all arguments: hardly any of these runs changes it.
  let folder = '';
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'fairlead-hostile-')));
    cpSync(prepared, folder, { recursive: true });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each([...found])(
    'hostile values of argument %s end with a sentence, without a stack trace or control characters',
    async (name, [words, at]) => {
      for (const [value, isRefused] of values) {
        const given = words.map((word, index) => (index === at ? value : word));
        const { exitCode, stdout, stderr } = await run({ folder, env }, ...given);
        const text = JSON.stringify(value.slice(0, 40));
        expect({ text, exitCode, stderr: stderr.slice(0, 500) }).not.toMatchObject({
          exitCode: 70,
        });
        expect(stderr, text).not.toMatch(/^\s+at /m);
        expect(stdout + stderr, text).not.toMatch(/(?!\n)\p{Cc}/u);
        expect(stderr.length, text).toBeLessThan(3000);
        const isText = TEXTS.test(name) || TEXTS.test(`${path} ${name}`);
        if (isRefused && !isText) expect(exitCode, text).toBeGreaterThan(0);
      }
    },
  );
});

test.each([
  [['model', 'export', ''], '"export" is empty'],
  [
    ['model', 'download', 'a', '1', '--out', 'x', '--trusted-keys', ''],
    '"--trusted-keys" is empty',
  ],
  [['init', 'a\0b'], '"a\\u0000b" contains a NUL character'],
  [['model', 'download', 'a', '1', '--out', 'x', '--trusted-keys='], '"--trusted-keys" is empty'],
])(
  'an empty argument, as of a shell variable that is not set, is refused: %j',
  async (args, message) => {
    const { exitCode, stderr } = await run({ folder: temporaryFolder() }, ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  },
);

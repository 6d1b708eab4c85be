import {
  readExamples,
  readMarkdownExamples,
  runExample,
  temporaryFolder,
  undocumentedExports,
} from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';

const folder = new URL('../', import.meta.url);
const examples = [...readExamples(folder), ...readMarkdownExamples(new URL('README.md', folder))];

test.each(examples)(
  'the example of $name prints the comments behind its lines',
  async (example) => {
    const before = process.cwd();
    process.chdir(temporaryFolder());
    onTestFinished(() => {
      process.chdir(before);
    });
    expect(example.expected).not.toEqual([]);
    expect(await runExample(folder, example)).toEqual(example.expected);
  },
);

test('every exported function and class has an example', () => {
  expect(undocumentedExports(folder)).toEqual([]);
});

import {
  readExamples,
  readMarkdownExamples,
  runExample,
  undocumentedExports,
} from '@fairlead/test-support';
import { expect, test } from 'vitest';

const folder = new URL('../', import.meta.url);
const examples = [...readExamples(folder), ...readMarkdownExamples(new URL('README.md', folder))];

test.each(examples)(
  'the example of $name prints the comments behind its lines',
  async (example) => {
    expect(await runExample(folder, example)).toEqual(example.expected);
  },
);

test('every exported function, class and constant has an example', () => {
  expect(undocumentedExports(folder)).toEqual([]);
});

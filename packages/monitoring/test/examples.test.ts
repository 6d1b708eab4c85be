import { readExamples, runExample } from '@fairlead/test-support';
import { expect, test } from 'vitest';

const folder = new URL('../', import.meta.url);

test.each(readExamples(folder))(
  'the example of $name prints the comments behind its lines',
  async (example) => {
    expect(await runExample(folder, example)).toEqual(example.expected);
  },
);

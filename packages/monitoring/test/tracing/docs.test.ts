import { once } from 'node:events';
import { expect, test } from 'vitest';
import { exampleBlocks, runExample } from '../run-example.ts';

test('the example on the page about traces runs', async () => {
  const [example = '', ...others] = await exampleBlocks('docs/tracing.md');
  expect(others).toEqual([]);
  const child = runExample(example, {});
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

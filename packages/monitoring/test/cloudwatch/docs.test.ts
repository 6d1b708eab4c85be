import { once } from 'node:events';
import { expect, test } from 'vitest';
import { exampleBlocks, runExample } from '../run-example.ts';
import { StrictCloudWatch } from './strict-cloudwatch.ts';

test('the example on the CloudWatch page creates an observer that reaches CloudWatch', async () => {
  const blocks = await exampleBlocks('docs/cloudwatch.md');
  expect(blocks).toHaveLength(1);
  const placeholder = '// Pass `observer` to the model server, and before the process exits:';
  expect(blocks[0]).toContain(placeholder);
  const event =
    "{ model: 'digits', version: '1', outcome: 'success', rows: 1, requestDurationMs: 5, queueDurationMs: 0, computeDurationMs: 4 }";
  const cloudWatch = await StrictCloudWatch.start();
  try {
    const child = runExample(
      (blocks[0] ?? '').replace(placeholder, `observer.inferenceFinished(${event});`),
      {
        AWS_ENDPOINT_URL: cloudWatch.endpoint,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(cloudWatch.violations).toEqual([]);
    expect(cloudWatch.distribution('Latency')).toEqual(new Map([[5, 1]]));
  } finally {
    await cloudWatch.stop();
  }
});

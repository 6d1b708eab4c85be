import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StrictCloudWatch } from './strict-cloudwatch.ts';

let cloudWatch: StrictCloudWatch;

beforeEach(async () => {
  cloudWatch = await StrictCloudWatch.start();
});

afterEach(async () => {
  await cloudWatch.stop();
});

/** Runs a module in a child process with a publisher, until it exits. */
async function run(
  body: string,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const source = new URL('../../src/cloudwatch/index.ts', import.meta.url).href;
  const module = `
    import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
    import { CloudWatchPublisher } from ${JSON.stringify(source)};
    const publisher = new CloudWatchPublisher({
      namespace: 'Fairlead',
      client: new CloudWatchClient({
        endpoint: ${JSON.stringify(cloudWatch.endpoint)},
        region: 'eu-central-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        maxAttempts: 1,
      }),
    });
    publisher.metric({ name: 'Own' }).record(1, 3);
    ${body}`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', module],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

describe('a process with a publisher', () => {
  test('exits when it has nothing else to do', async () => {
    expect(await run('')).toEqual({ code: 0, stderr: '' });
    expect(cloudWatch.arrived).toBe(0);
  });

  test('stays alive in close() until the values are sent, pauses included', async () => {
    cloudWatch.faults.push('throttling', 'reset', 'unavailable');
    // Were the pauses not to hold the process, it would end with code 13: an await that nothing can settle.
    expect(await run('await publisher.close();')).toEqual({ code: 0, stderr: '' });
    expect(cloudWatch.total).toBe(3);
    expect(cloudWatch.arrived).toBe(4);
  });

  test('exits at the deadline of close()', async () => {
    cloudWatch.faults.push('silent');
    const { code, stderr } = await run(`
      await publisher.close({ deadlineMs: 300 });
      process.exitCode = publisher.stats().dropped.closed;`);
    expect(stderr).toBe('');
    expect(code).toBe(3);
  });
});

import { readExamples, runExample, startRedis } from '@fairlead/test-support';
import { expect, onTestFinished, test, vi } from 'vitest';

const folder = new URL('../', import.meta.url);

test.each(readExamples(folder))(
  'the example of $name prints the comments behind its lines',
  async (example) => {
    if (example.code.includes('REDIS_URL')) {
      const redis = await startRedis();
      onTestFinished(async () => {
        vi.unstubAllEnvs();
        await redis.kill();
      });
      vi.stubEnv('REDIS_URL', redis.url);
    }
    expect(await runExample(folder, example)).toEqual(example.expected);
  },
);

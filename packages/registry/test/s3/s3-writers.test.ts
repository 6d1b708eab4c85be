import { expect, onTestFinished, test, vi } from 'vitest';
import { raceForAlias } from '../support/soak/alias-race.ts';
import { killWriters } from '../support/soak/kill-writers.ts';
import { startLocalS3 } from '../support/soak/local-s3.ts';

/** Starts an S3 that child processes of the test find by their environment. */
async function s3OfThisTest() {
  const environment: Record<string, string | undefined> = {};
  const s3 = await startLocalS3(environment);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await s3.stop();
  });
  return s3;
}

test('of many processes that change an alias in S3 exactly one writes each entry, also when answers are lost', async () => {
  const { location, proxy } = await s3OfThisTest();
  const lostAnswers = proxy.inject({
    when: ({ method }) => method === 'PUT' && Math.random() < 0.2,
    what: 'lose answer',
  });
  const { won } = await raceForAlias(location, 3, 6);
  expect(won).toBeGreaterThan(0);
  expect(lostAnswers()).toBeGreaterThan(0);
});

test('kill -9 at any moment of pushing, promoting, collecting and importing leaves a registry in S3 that verifies and has all acknowledged records', async () => {
  const { location } = await s3OfThisTest();
  const { killed, acknowledged } = await killWriters({ location, kills: 4, atATime: 3 });
  expect(killed).toBe(4);
  for (const count of Object.values(acknowledged)) expect(count).toBeGreaterThan(2);
});

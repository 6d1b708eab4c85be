import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMoto, type MotoServer } from '@fairlead/test-support';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProcess } from '../support/fairlead.ts';
import { startPricing } from '../support/pricing-api.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { publishedInstances, readInstances } = await import('@fairlead/sizing');

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

const ARGS = ['size', '--refresh', '--region', 'eu-west-1', '--instances', 'instances.json'];

test('--refresh writes the prices of a region to a file, which --instances then uses', async () => {
  const folder = temporaryFolder();
  const place = {
    folder,
    env: {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_EC2: moto.endpoint,
      AWS_ENDPOINT_URL_PRICING: await startPricing('0.2500000000'),
    },
  };
  const { exitCode, stdout, stderr } = await runProcess(place, ...ARGS);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toContain('have prices in eu-west-1');
  const { types } = readInstances(readFileSync(join(folder, 'instances.json'), 'utf8'));
  expect(types).toHaveLength(publishedInstances.types.length);
  const c7g = types.find(({ type }) => type === 'c7g.large');
  expect(c7g?.pricePerHour).toEqual({
    ...{ 'eu-central-1': 0.0825, 'eu-west-1': 0.25, 'us-east-1': 0.0725 },
  });
});

test('--refresh without access names the permissions, and writes nothing', async () => {
  const folder = temporaryFolder();
  const env = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1',
  };
  const { exitCode, stderr } = await runProcess({ folder, env }, ...ARGS);
  expect(stderr).toContain('The account needs ec2:DescribeInstanceTypes and pricing:GetProducts');
  expect(exitCode).toBe(5);
  expect(existsSync(join(folder, 'instances.json'))).toBe(false);
});

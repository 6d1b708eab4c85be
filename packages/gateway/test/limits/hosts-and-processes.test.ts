import { join } from 'node:path';
import { httpCall, startRedis, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { pepper, writeKeysFile } from '../support/keys-file.ts';
import { readyProcesses } from '../support/process-lines.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';

const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

test('two gateways of two processes allow a quota together, also after one of the gateways was killed and started again', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.kill());
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    acme: { scopes: ['infer:*'], quotas: { requestsPerMonth: 60 } },
  });
  const start = async () => {
    const socketPath = join(temporaryFolder(), 'gateway.sock');
    const gateway = startGatewayProcess({
      ...{ FAIRLEAD_KEYS_FILE: keysFile, FAIRLEAD_PEPPER: pepper, FAIRLEAD_REGISTRY: registry },
      ...{ FAIRLEAD_LISTEN: `unix:${socketPath}`, FAIRLEAD_PROCESSES: '2' },
      ...{ FAIRLEAD_LIMITS_REDIS_URL: redis.url, FAIRLEAD_LIMITS_TIMEOUT_MS: '5000' },
      FAIRLEAD_LIMITS_ON_FAILURE: 'refuse',
    });
    await until(() => readyProcesses(gateway).size === 2);
    const infer = async (): Promise<number> => {
      const headers = { 'x-api-key': keys.acme };
      const path = '/v2/models/affine/infer';
      return (await httpCall({ socketPath }, path, { headers, body })).status;
    };
    return { gateway, infer };
  };
  const [first, second] = await Promise.all([start(), start()]);
  const send = async (count: number, hosts = [first, second]): Promise<number> => {
    const sent = Array.from({ length: count }, async (_, index) =>
      hosts[index % hosts.length]?.infer(),
    );
    const statuses = await Promise.all(sent);
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    return statuses.filter((status) => status === 200).length;
  };
  expect(await send(40)).toBe(40);
  second.gateway.signal('SIGKILL');
  await second.gateway.ended;
  const again = await start();
  const rest = await send(60, [first, again]);
  // A process that is killed loses the part that it had taken, which is no more than it needs for a quarter of a second.
  expect(rest).toBeLessThanOrEqual(20);
  expect(rest).toBeGreaterThanOrEqual(18);
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startGatewayProcess } from './support/gateway-process.ts';
import { tempFolder } from './support/temp-folder.ts';

vi.setConfig({ testTimeout: 120_000 });

/** A service that speaks as much of S3 as an empty bucket needs, and answers every write with `status`. */
async function emptyBucket(status: 200 | 403) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    requests.push(`${method} ${url.replace(/\?.*/, '')}`);
    request.resume();
    request.once('end', () => {
      if (method === 'GET') {
        response.setHeader('Content-Type', 'application/xml');
        response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
        return;
      }
      response.writeHead(method === 'DELETE' ? 204 : status);
      response.end(status === 403 ? '<Error><Code>AccessDenied</Code></Error>' : '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const environment = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: 's3://models/prod',
    FAIRLEAD_LISTEN: `unix:${join(tempFolder(), 'gateway.sock')}`,
  };
  const writes = () => requests.filter((each) => !each.startsWith('GET'));
  return { environment, writes };
}

test('a store that overlooks If-None-Match stops the start, and what the check wrote is removed', async () => {
  const { environment, writes } = await emptyBucket(200);
  const gateway = startGatewayProcess(environment);
  expect(await gateway.ended).toBe(1);
  expect(gateway.output()).toContain("FAIRLEAD_REGISTRY can't be used");
  expect(gateway.output()).toContain('overlooks If-None-Match');
  const probe = '/models/prod/.conditional-write-check';
  expect(writes()).toEqual([`PUT ${probe}`, `PUT ${probe}`, `DELETE ${probe}`]);
});

test('a gateway that may only read starts', async () => {
  const { environment, writes } = await emptyBucket(403);
  const gateway = startGatewayProcess(environment);
  expect(await gateway.logged('models loaded')).toMatchObject({ models: [] });
  await vi.waitFor(
    () => {
      expect(writes()).toHaveLength(1);
    },
    { timeout: 30_000 },
  );
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
});

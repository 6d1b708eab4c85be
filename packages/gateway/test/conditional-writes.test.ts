import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { awsEnvironment } from './support/aws-environment.ts';
import { setEnvironment } from './support/set-environment.ts';
import { startGateway } from './support/start-gateway.ts';

/** A service that imitates an empty bucket of S3, and answers every write with `status`. */
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
  setEnvironment(awsEnvironment(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const writes = () => requests.filter((each) => !each.startsWith('GET'));
  return { writes };
}

test('a store that ignores If-None-Match stops the start, and the object of the check is removed', async () => {
  const { writes } = await emptyBucket(200);
  const starting = startGateway({ FAIRLEAD_REGISTRY: 's3://models/prod' });
  await expect(starting).rejects.toThrow(
    /FAIRLEAD_REGISTRY can't be used.*overlooks If-None-Match/s,
  );
  const probe = '/models/prod/.conditional-write-check';
  expect(writes()).toEqual([`PUT ${probe}`, `PUT ${probe}`, `DELETE ${probe}`]);
});

test('a gateway with read access only starts', async () => {
  const { writes } = await emptyBucket(403);
  const { gateway, logged } = await startGateway({ FAIRLEAD_REGISTRY: 's3://models/prod' });
  expect(await logged('models loaded')).toMatchObject({ models: [] });
  expect(writes()).toHaveLength(1);
  expect(await gateway.close()).toBe(true);
});

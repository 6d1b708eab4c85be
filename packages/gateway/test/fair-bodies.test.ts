import { request, type IncomingMessage } from 'node:http';
import { temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { pepper, writeKeysFile } from './support/keys-file.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

const MIB = 1024 * 1024;
const path = '/v2/models/affine/infer';

test('nine unfinished bodies of one client, over two keys, get 429 beyond its share, and another client is served', async () => {
  const folder = temporaryFolder();
  await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    first: { client: 'greedy', scopes: ['infer:*'] },
    second: { client: 'greedy', scopes: ['infer:*'] },
    other: { scopes: ['infer:*'] },
  });
  const { address, call } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
  });
  const answers: IncomingMessage[] = [];
  const greedy = Array.from({ length: 9 }, (_, index) => {
    const sent = request({
      ...address,
      path,
      method: 'POST',
      headers: {
        authorization: `Bearer ${index % 2 === 0 ? keys.first : keys.second}`,
        'content-type': 'application/json',
        'content-length': 16 * MIB,
      },
    });
    sent.on('error', () => undefined);
    sent.on('response', (answer: IncomingMessage) => answers.push(answer));
    sent.write(Buffer.alloc(16 * MIB - 1, ' '));
    return sent;
  });
  onTestFinished(() => {
    for (const sent of greedy) sent.destroy();
  });
  await until(() => answers.length >= 7);
  for (const { statusCode, headers } of answers) {
    expect({ statusCode, ...headers }).toMatchObject({
      statusCode: 429,
      'retry-after': '1',
      'fairlead-error': 'ERR_SERVING_CLIENT_LIMIT',
    });
  }
  const [refused] = answers as [IncomingMessage];
  expect(String(await refused.toArray())).toContain('33554432 bytes, the limit of one client');

  const body = `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]${' '.repeat(8 * MIB)}}`;
  const answer = await call(path, {
    body,
    headers: { authorization: `Bearer ${keys.other}` },
  });
  expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('[3,5]')]);
  // Bodies of up to 64 KiB aren't counted.
  const small = await call(path, {
    body: body.replaceAll(' ', ''),
    headers: { authorization: `Bearer ${keys.first}` },
  });
  expect(small.status).toBe(200);
});

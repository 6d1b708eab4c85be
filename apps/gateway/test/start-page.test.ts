import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { expect, onTestFinished, test } from 'vitest';
import { startScript } from './support/start-script.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/settings.md'), 'utf8');
const [, block = ''] =
  /### Start a gateway with your own settings\n.*?```sh\n(.*?)```/s.exec(page) ?? [];

/** Pushes y = 2 x + 1 as the champion of each model. */
async function pushAffine(folder: string, ...models: readonly string[]): Promise<void> {
  const registry = new ModelRegistry({ store: folderStore(folder) });
  for (const model of models) {
    const { manifest } = await registry.push({
      model,
      runtime: { name: 'onnx' },
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
      },
      files: { 'model.onnx': join(root, 'packages/serving/test/models/affine.onnx') },
      actor: 'test',
    });
    await registry.setAlias(model, 'champion', manifest.version, { actor: 'test' });
  }
}

/** Sends one request over a Unix socket; a body is sent as JSON. */
function send(
  socketPath: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const sent = request({ socketPath, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, text });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test('the commands of docs/settings.md start a gateway with those settings', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-sample-gateway-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const registry = join(folder, 'registry');
  mkdirSync(registry);
  await pushAffine(registry, 'digits', 'other');
  // A Unix socket conflicts neither with a running sample nor with other tests.
  const socketPath = join(folder, 'gateway.sock');
  const commands = block
    .replace('.fairlead/sample/registry', registry)
    .replace('127.0.0.1:8090', `unix:${socketPath}`)
    .replace('node_modules/.bin/node', 'exec node_modules/.bin/node');
  await startScript(`cd '${root}'\n${commands}`, 'models loaded');
  expect((await send(socketPath, '/v2/models/digits')).status).toBe(200);
  expect((await send(socketPath, '/v2/models/other')).status).toBe(404);
  const { status, text } = await send(socketPath, '/invocations', { inputs: [[1, 2]] });
  expect([status, text]).toEqual([200, JSON.stringify({ predictions: [[3, 5]] })]);
});

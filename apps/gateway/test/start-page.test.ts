import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ask } from './support/ask.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { onnxModel, sampleRegistry } from './support/sample-registry.ts';
import { tempFolder } from './support/temp-folder.ts';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/settings.md', root), 'utf8');
const [, block = ''] =
  /### Start a gateway with your own settings\n.*?```sh\n(.*?)```/s.exec(page) ?? [];

test('the commands of docs/settings.md start a gateway with those settings', async () => {
  const folder = tempFolder();
  await sampleRegistry(folder, onnxModel('digits', 'affine'), onnxModel('other', 'affine'));
  // Beside a running sample, and other tests.
  const socketPath = `${tempFolder()}/gateway.sock`;
  const commands = block
    .replace('.fairlead/sample/registry', folder)
    .replace('127.0.0.1:8090', `unix:${socketPath}`)
    .replace('node_modules/.bin/node', 'exec node_modules/.bin/node');
  const script = `cd '${root.pathname}'\n${commands}`;
  const gateway = startGatewayProcess({}, ['bash', '-ec', script]);
  await gateway.logged('models loaded');
  expect((await ask({ socketPath }, '/v2/models/digits')).status).toBe(200);
  expect((await ask({ socketPath }, '/v2/models/other')).status).toBe(404);
  const body = { inputs: [[1, 2]] };
  const answer = await ask({ socketPath }, '/invocations', { body });
  expect(answer).toMatchObject({ status: 200, body: JSON.stringify({ predictions: [[3, 5]] }) });
});

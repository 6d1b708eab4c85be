import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSigningKey } from '@fairlead/registry';
import { expect, onTestFinished, test } from 'vitest';
import { readSettings } from '../src/settings/read-settings.ts';
import { createGateway } from '../src/create-gateway.ts';
import { ask } from './support/ask.ts';
import { eventually } from './support/eventually.ts';
import { onnxModel, sampleRegistry } from './support/sample-registry.ts';
import { tempFolder } from './support/temp-folder.ts';

function settingsFor(registry: string, keys: string) {
  const file = join(tempFolder(), 'trusted.pem');
  writeFileSync(file, keys);
  return readSettings({
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_POLL_INTERVAL_MS: '20',
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_TRUSTED_KEYS: file,
  });
}

test('a version that no trusted key signed is not served, and readiness says why until it is signed', async () => {
  const folder = tempFolder();
  const registry = await sampleRegistry(folder, onnxModel('affine', 'affine'));
  const { publicKey, privateKey, keyId } = generateSigningKey();
  const settings = settingsFor(folder, publicKey);
  const gateway = await createGateway(settings, { log: { write: () => undefined } });
  onTestFinished(async () => {
    await gateway.close();
  });
  await gateway.loaded;
  const address = gateway.server.address();
  const place = { port: typeof address === 'string' ? 0 : (address?.port ?? 0) };

  const refused = await ask(place, '/v2/models/affine/ready');
  expect(refused.status).toBe(503);
  expect(refused.body).toContain(`${keyId} has not signed it`);

  await registry.model('affine').version(1).sign({ privateKey, actor: 'release' });
  // Whoever signs late sets the alias anew, which every gateway follows.
  await registry.push(onnxModel('affine', 'affine-next'));
  await registry.model('affine').version(2).sign({ privateKey, actor: 'release' });
  await registry.setAlias('affine', 'champion', 2, { actor: 'release' });
  await eventually(async () => {
    const { status } = await ask(place, '/v2/models/affine/ready');
    return status === 200 ? status : undefined;
  });
});

test('a file of keys that holds none stops the start, naming the setting', async () => {
  const folder = tempFolder();
  await sampleRegistry(folder);
  await expect(
    createGateway(settingsFor(folder, 'nothing'), { log: { write: () => undefined } }),
  ).rejects.toThrow(/FAIRLEAD_TRUSTED_KEYS can't be used: .*no public key/);
});

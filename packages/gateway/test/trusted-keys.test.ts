import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSigningKey } from '@fairlead/registry';
import { temporaryFolder, until } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

/** Variables of a gateway on a registry in a folder, which trusts the keys in this PEM text. */
function trusting(registry: string, keys: string): Readonly<Record<string, string>> {
  const file = join(temporaryFolder(), 'trusted.pem');
  writeFileSync(file, keys);
  return { FAIRLEAD_REGISTRY: registry, FAIRLEAD_TRUSTED_KEYS: file };
}

test('a version that no trusted key signed is not served, and readiness says why until it is signed', async () => {
  const folder = temporaryFolder();
  const registry = await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  const { publicKey, privateKey, keyId } = generateSigningKey();
  const { call } = await startGateway(trusting(folder, publicKey));

  const refused = await call('/v2/models/affine/ready');
  expect(refused.status).toBe(503);
  expect(refused.body).toContain(`${keyId} has not signed it`);

  await registry.model('affine').version(1).sign({ privateKey, actor: 'release' });
  // After a late signature the alias is set again, which every gateway follows.
  await registry.push(onnxVersion('affine', 'affine-next'));
  await registry.model('affine').version(2).sign({ privateKey, actor: 'release' });
  await registry.setAlias('affine', 'champion', 2, { actor: 'release' });
  await until(async () => {
    const { status } = await call('/v2/models/affine/ready');
    return status === 200;
  });
});

test('a file without a public key stops the start, naming the setting', async () => {
  const folder = temporaryFolder();
  await sampleRegistry(folder);
  await expect(startGateway(trusting(folder, 'nothing'))).rejects.toThrow(
    /FAIRLEAD_TRUSTED_KEYS can't be used: .*no public key/,
  );
});

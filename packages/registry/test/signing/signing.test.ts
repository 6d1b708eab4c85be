import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  generateSigningKey,
  ModelRegistry,
  parseTrustedKeys,
  signedText,
} from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { expect, test } from 'vitest';
import { digits, rejection, temporaryRegistry } from '../support/sample-registry.ts';

const untrusted = { code: 'ERR_REGISTRY_UNTRUSTED' };
const invalid = { code: 'ERR_REGISTRY_INVALID_KEY' };

async function signedRegistry() {
  const { folder, store, registry } = temporaryRegistry();
  await registry.push(digits('one'));
  await registry.push(digits('two'));
  const ada = generateSigningKey();
  const eve = generateSigningKey();
  const signature = await registry.model('digits').version(1).sign({
    privateKey: ada.privateKey,
    actor: 'ada',
    reason: 'release 7',
  });
  const trusting = (text: string, signers = 1) =>
    new ModelRegistry({ store, trustedKeys: parseTrustedKeys(text, { signers }) });
  return { folder, registry, ada, eve, signature, trusting };
}

test('a signed version is opened, an unsigned one is rejected, and the message names the missing signers', async () => {
  const { registry, ada, trusting } = await signedRegistry();
  const strict = trusting(`# Ada, of the platform team\n${ada.publicKey}`);
  const opened = await strict.openVersion('digits', 1);
  expect(Buffer.from(await opened.read('model.onnx')).toString()).toBe('one');
  expect(await rejection(strict.openVersion('digits', 2))).toMatchObject({
    ...untrusted,
    message: expect.stringContaining(`${ada.keyId} has not signed it`) as unknown,
  });
  expect(await registry.openVersion('digits', 2)).toBeDefined();
});

test('the signature of a key that is not trusted does not count', async () => {
  const { eve, trusting } = await signedRegistry();
  expect(await rejection(trusting(eve.publicKey).openVersion('digits', 1))).toMatchObject(
    untrusted,
  );
});

test('several signers can be required, and each counts once', async () => {
  const { registry, ada, eve, trusting } = await signedRegistry();
  const both = trusting(ada.publicKey + eve.publicKey, 2);
  await registry.model('digits').version(1).sign({ privateKey: ada.privateKey, actor: 'ada' });
  expect(await rejection(both.openVersion('digits', 1))).toMatchObject(untrusted);
  await registry.model('digits').version(1).sign({ privateKey: eve.privateKey, actor: 'eve' });
  expect((await both.openVersion('digits', 1)).manifest.version).toBe(1);
  const signatures = await registry.model('digits').version(1).signatures();
  expect(signatures.map(({ keyId }) => keyId).sort()).toEqual([ada.keyId, eve.keyId].sort());
  expect((await registry.model('digits').timeline()).map(({ what }) => what)).toContain(
    `signed version 1 with key ${eve.keyId}`,
  );
  // Ada's second attempt is no event: nothing happened.
  expect(await verifyRegistry(registry.store)).toMatchObject({
    ok: true,
    signatures: 2,
    events: 2,
  });
});

test('a version that was replaced after it was signed is rejected, although its digest matches', async () => {
  const { folder, ada, trusting } = await signedRegistry();
  const file = join(folder, 'models/digits/versions/00000001.json');
  const text = readFileSync(file, 'utf8').replace('"actor": "ada"', '"actor": "eve"');
  const body = text.slice(0, text.lastIndexOf(',\n  "seal"'));
  const seal = createHash('sha256').update(body).digest('hex');
  chmodSync(file, 0o644);
  writeFileSync(file, `${body},\n  "seal": "${seal}"\n}\n`);
  const strict = trusting(ada.publicKey);
  expect(await rejection(strict.openVersion('digits', 1))).toMatchObject({
    ...untrusted,
    message: expect.stringContaining('has signed something else') as unknown,
  });
  expect((await verifyRegistry(strict.store)).ok).toBe(false);
});

test('a signature that was copied to another version, or damaged, is rejected', async () => {
  const { folder, registry, ada, trusting } = await signedRegistry();
  const place = (version: number) =>
    join(folder, `models/digits/signatures/0000000${version}/${ada.keyId}.json`);
  await registry.model('digits').version(2).sign({ privateKey: ada.privateKey, actor: 'ada' });
  chmodSync(place(2), 0o644);
  writeFileSync(place(2), readFileSync(place(1)));
  const strict = trusting(ada.publicKey);
  expect(await rejection(strict.openVersion('digits', 2))).toMatchObject(untrusted);
  expect(await rejection(registry.model('digits').version(2).signatures())).toMatchObject({
    code: 'ERR_REGISTRY_CORRUPT',
  });
  writeFileSync(place(2), '{}');
  expect(await rejection(strict.openVersion('digits', 2))).toMatchObject({
    ...untrusted,
    message: expect.stringContaining('damaged') as unknown,
  });
  // The signature that claims to be new is not taken for the damaged one.
  expect(
    await rejection(
      registry.model('digits').version(2).sign({ privateKey: ada.privateKey, actor: 'ada' }),
    ),
  ).toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
});

test('a signature can be verified with only the public key and the documented text', async () => {
  const { registry, ada, signature } = await signedRegistry();
  const { manifest } = await registry.openVersion('digits', 1);
  expect(Buffer.from(signedText(manifest)).toString()).toBe(
    `fairlead model version 1\ndigits\n1\n${manifest.seal}\n`,
  );
  const bytes = Buffer.from(signature.signature, 'base64');
  expect(verify(null, signedText(manifest), createPublicKey(ada.publicKey), bytes)).toBe(true);
});

test('keys of another type, and private keys in place of public ones, are rejected and not printed', async () => {
  const { registry, ada } = await signedRegistry();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  for (const text of ['', 'no key', rsaPem, ada.privateKey]) {
    expect(() => parseTrustedKeys(text)).toThrow(expect.objectContaining(invalid));
  }
  expect(() => parseTrustedKeys(ada.publicKey, { signers: 2 })).toThrow(
    expect.objectContaining(invalid),
  );
  const error = await rejection(
    registry
      .model('digits')
      .version(2)
      .sign({ privateKey: ada.privateKey.slice(0, 60), actor: 'ada' }),
  );
  expect(error).toMatchObject(invalid);
  expect((error as Error).message).not.toContain(ada.privateKey.slice(30, 50));
});

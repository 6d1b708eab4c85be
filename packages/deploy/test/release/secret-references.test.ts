import { describe, expect, it } from 'vitest';

import { readRelease, type SecretReference } from '../../src/index.ts';
import { tinyRelease } from '../support/tiny-release.ts';

const pepper: SecretReference = {
  name: 'pepper',
  from: { ssmParameter: '/shop/pepper', region: 'eu-west-1' },
  path: '/etc/shop/pepper',
  mode: '0600',
  owner: 'root:root',
};

async function read(secrets: unknown): Promise<readonly SecretReference[] | undefined> {
  const { path } = await tinyRelease({ changeManifest: (manifest) => ({ ...manifest, secrets }) });
  return (await readRelease(path)).manifest.secrets;
}

describe('references to secrets in a manifest', () => {
  it('are read unchanged, and a manifest of version 0.1 has none', async () => {
    expect(await read([pepper])).toEqual([pepper]);
    expect(await read(undefined)).toBeUndefined();
  });

  it.each<[string, object]>([
    ['a file outside of /etc', { path: '/root/.ssh/authorized_keys' }],
    ['a path that leads out of /etc', { path: '/etc/../root/a' }],
    ['a value', { value: 'sentinel' }],
    ['a mode for everyone', { mode: '0644' }],
    ['a program with the rights of its owner', { mode: '4750' }],
    ['an owner with an option', { owner: '-v:root' }],
    ['two sources', { from: { file: '/root/a', ssmParameter: 'a' } }],
    ['a variable with a line', { variable: 'A=b\nC' }],
  ])('%s is refused', async (_, change) => {
    await expect(read([{ ...pepper, ...change }])).rejects.toMatchObject({
      code: 'ERR_DEPLOY_RELEASE_DAMAGED',
    });
  });
});

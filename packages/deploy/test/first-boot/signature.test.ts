import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { describe, expect, it } from 'vitest';

import { firstBootProgram } from '../../src/first-boot/first-boot-program.ts';
import { tinyRelease } from '../support/tiny-release.ts';

const functions = firstBootProgram.replace(/\nmain\(\)\n$/, '\n');

/** Calls the function of the first boot's program that checks a signature; returns the end of its error. */
function checkSignature(archive: string, keys: readonly string[]): string {
  const path = join(temporaryFolder(), 'keys.pem');
  writeFileSync(path, keys.join(''));
  const program = `${functions}\ncheck_signature(sys.argv[1], sys.argv[2])\n`;
  const { status, stderr } = spawnSync('python3', ['-c', program, archive, path], {
    encoding: 'utf8',
  });
  return status === 0 ? '' : (stderr.trim().split('\n').at(-1) ?? '');
}

describe('the first boot of a host with trusted keys', () => {
  const [trusted, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const pem = ({ publicKey }: typeof trusted): string =>
    String(publicKey.export({ type: 'spki', format: 'pem' }));
  const signedBy = ({ privateKey }: typeof trusted) =>
    tinyRelease({ sign: (serialized) => sign(null, serialized, privateKey) });

  it('takes a release that one of them has signed', async () => {
    const { path } = await signedBy(trusted);
    expect(checkSignature(path, [pem(trusted)])).toBe('');
    expect(checkSignature(path, [pem(other), pem(trusted)])).toBe('');
  });

  it.each([
    ['of another key', () => signedBy(other)],
    ['that has no signature', () => tinyRelease()],
    [
      'whose manifest was changed after it was signed',
      () =>
        tinyRelease({
          sign: (serialized) => sign(null, serialized, trusted.privateKey),
          changeEntries: (entries) =>
            entries.map((entry) =>
              entry.name === 'manifest.json'
                ? { ...entry, content: String(entry.content).replace('tiny', 'evil') }
                : entry,
            ),
        }),
    ],
  ])('refuses a release %s, before anything of it runs', async (_, build) => {
    const { path } = await build();
    expect(checkSignature(path, [pem(trusted)])).toContain(
      'none of the trusted keys has signed the release',
    );
  });
});

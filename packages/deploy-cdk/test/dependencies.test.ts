import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, it } from 'vitest';

const packages = resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const isOfAws = (name: string) => /^@(?:aws-sdk|smithy|aws-crypto)\//.test(name);

it('no package installs an SDK of AWS: each is an optional peer', () => {
  const manifests = globSync('*/package.json', { cwd: packages });
  expect(manifests.length).toBeGreaterThan(15);
  const peers = manifests.flatMap((file) => {
    const manifest = JSON.parse(readFileSync(resolve(packages, file), 'utf8')) as Manifest;
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = manifest;
    const installed = Object.keys({ ...dependencies, ...optionalDependencies });
    expect(installed.filter(isOfAws), file).toEqual([]);
    return Object.keys({ ...peerDependencies })
      .filter(isOfAws)
      .map((name) => peerDependenciesMeta?.[name]?.optional);
  });
  expect(peers.length).toBeGreaterThan(3);
  expect(new Set(peers)).toEqual(new Set([true]));
});

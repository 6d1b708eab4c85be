import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const read = (path: string): Package =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Package;

test('the sample has the clients of AWS that settings of the gateway need, in the versions that are tested with it', () => {
  const gateway = read('../../../packages/gateway/package.json');
  const clients = Object.keys(gateway.peerDependencies).filter((name) =>
    name.startsWith('@aws-sdk/'),
  );
  expect(clients).toContain('@aws-sdk/client-sns');
  const { dependencies } = read('../package.json');
  expect(Object.fromEntries(clients.map((name) => [name, dependencies[name]]))).toEqual(
    Object.fromEntries(clients.map((name) => [name, gateway.devDependencies[name]])),
  );
});

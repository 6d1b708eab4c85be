import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKey, type CreateApiKeyOptions } from '@fairlead/security';

const pepper = 'a pepper of the end-to-end test, and long enough';

/**
 * Writes the key of the sample and further ones into a state folder before the first start; returns the keys by name.
 */
export function writeClientKeys<N extends string>(
  state: string,
  clients: Readonly<Record<N, Partial<CreateApiKeyOptions>>>,
): Readonly<Record<N | 'sample', string>> {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const all = { sample: { scopes: ['infer:*', 'metrics'] }, ...clients };
  const created = Object.entries<Partial<CreateApiKeyOptions>>(all).map(([client, options]) => ({
    client,
    ...createApiKey({ pepper, client, scopes: [], ...options }),
  }));
  const keys = Object.fromEntries(created.map(({ client, key }) => [client, key]));
  const records = created.map(({ record }) => record);
  writeFileSync(join(state, 'keys.json'), JSON.stringify({ keys: records }), { mode: 0o600 });
  const secrets = JSON.stringify({ pepper, key: keys.sample });
  writeFileSync(join(state, 'secrets.json'), secrets, { mode: 0o600 });
  return keys as Record<N | 'sample', string>;
}

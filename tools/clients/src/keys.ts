import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKey } from '@fairlead/security';

const pepper = 'a pepper of the client checks, and long enough';

/** Puts the sample's own key and an administrator's into a state folder, before the first start. */
export function writeKeys(state: string): {
  readonly pepper: string;
  readonly key: string;
  readonly adminKey: string;
} {
  const scopes = ['infer:*', 'metrics'];
  const sample = createApiKey({ pepper, client: 'sample', scopes });
  const admin = createApiKey({ pepper, client: 'admin', scopes: [...scopes, 'admin'] });
  mkdirSync(state, { recursive: true, mode: 0o700 });
  write(join(state, 'keys.json'), { keys: [sample.record, admin.record] });
  write(join(state, 'secrets.json'), { pepper, key: sample.key });
  return { pepper, key: sample.key, adminKey: admin.key };
}

function write(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value), { mode: 0o600 });
}

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createApiKey } from '@fairlead/security';
import { SampleError } from './sample-error.ts';
import type { StateFolder } from './state-folder.ts';

/** The sample's own secrets; on a real host they come from a secret store. */
export interface DemoSecrets {
  readonly pepper: string;
  /** An API key that may ask every model and read the metrics. */
  readonly key: string;
}

/**
 * Makes an API key at the first start, so that nobody has to bring one; later starts use it again.
 *
 * @throws SampleError when the file of the secrets was damaged.
 */
export function openDemoSecrets({ keys, secrets }: StateFolder): DemoSecrets {
  if (existsSync(keys) && existsSync(secrets)) return read(secrets);
  const pepper = randomBytes(32).toString('base64url');
  const scopes = ['infer:*', 'metrics'];
  const { key, record } = createApiKey({ pepper, client: 'sample', scopes });
  write(keys, { keys: [record] });
  write(secrets, { pepper, key });
  return { pepper, key };
}

function read(path: string): DemoSecrets {
  try {
    const { pepper, key } = JSON.parse(readFileSync(path, 'utf8')) as Partial<DemoSecrets>;
    if (typeof pepper === 'string' && typeof key === 'string') return { pepper, key };
  } catch {
    // Said below, without what the file holds.
  }
  throw new SampleError(`${path} is damaged; delete it, and a new key is made.`);
}

function write(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

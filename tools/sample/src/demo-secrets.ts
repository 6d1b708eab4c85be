import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createApiKey } from '@fairlead/security';
import { SampleError } from './sample-error.ts';
import type { StateFolder } from './state-folder.ts';

/** Secrets of the sample; on a production host they come from a secret store. */
export interface DemoSecrets {
  readonly pepper: string;
  /** An API key with access to every model and the metrics. */
  readonly key: string;
}

/**
 * Creates an API key at the first start, so that the sample needs no preparation; later starts use it again.
 *
 * @throws SampleError when the secrets file is damaged.
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
    // Reported below, without the content of the file.
  }
  throw new SampleError(`${path} is damaged; delete it, and the next start creates a new key.`);
}

function write(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

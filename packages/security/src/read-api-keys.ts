import type { ApiKeyRecord } from './api-key-record.ts';
import { parseApiKeys, type ParseApiKeysOptions } from './parse-api-keys.ts';
import { readKeysFile } from './read-keys-file.ts';

/**
 * Reads the records of a keys file, for {@link ApiKeySet}; {@link watchApiKeys} reloads it when it changes.
 *
 * @throws SecurityError `ERR_SECURITY_KEYS` if the group or other accounts may write the file or its folder, or if a record is
 * wrong; the error of `node:fs` if the file can't be read.
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createApiKey, readApiKeys } from '@fairlead/security';
 *
 * const pepper = 'a secret of at least 32 bytes from a secret store';
 * const { record } = createApiKey({ pepper, client: 'acme', scopes: ['infer:*'] });
 * const file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'keys.json');
 * await writeFile(file, JSON.stringify({ keys: [record] }), { mode: 0o600 });
 * console.log((await readApiKeys(file)).map(({ client }) => client)); // [ 'acme' ]
 * ```
 */
export async function readApiKeys(
  file: string,
  options: ParseApiKeysOptions = {},
): Promise<readonly ApiKeyRecord[]> {
  return parseApiKeys(await readKeysFile(file), options);
}

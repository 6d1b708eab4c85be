import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKey, type CreateApiKeyOptions } from '@fairlead/security';

export const pepper = 'a pepper of the tests, and long enough';

/** Writes a keys file with one key for each entry, and returns the keys by the names of the entries. */
export function writeKeysFile<N extends string>(
  folder: string,
  entries: Readonly<Record<N, Partial<CreateApiKeyOptions>>>,
): { readonly keysFile: string; readonly keys: Readonly<Record<N, string>> } {
  const names = Object.keys(entries) as N[];
  const created = names.map((name) => {
    const options = { pepper, client: name, scopes: [], ...entries[name] };
    return [name, createApiKey(options)] as const;
  });
  const keysFile = join(folder, 'keys.json');
  writeFileSync(keysFile, JSON.stringify({ keys: created.map(([, { record }]) => record) }), {
    mode: 0o600,
  });
  const keys = Object.fromEntries(created.map(([name, { key }]) => [name, key]));
  return { keysFile, keys: keys as Record<N, string> };
}

import { checkApiKeyRecord, type ApiKeyRecord } from './api-key-record.ts';
import { checkOptions, rejectOption } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { modelScopes } from './scope.ts';
import { SecurityError } from './security-error.ts';

/** Options of {@link parseApiKeys}. */
export interface ParseApiKeysOptions {
  /**
   * Scopes that a key may have, such as `'admin'`, or `'infer:*'` for every scope of an action.
   * @defaultValue `['infer:*', 'admin', 'metrics']`
   */
  readonly knownScopes?: readonly string[];
}

const optionNames: OptionNames<ParseApiKeysOptions> = { knownScopes: 'optional' };

/**
 * Reads the text of a keys file: `{"keys": [record, …]}`.
 *
 * @throws SecurityError `ERR_SECURITY_KEYS` naming the record and the field, also for a scope that isn't known, such as
 * `infre:*`. The message repeats no value.
 *
 * @example
 * ```ts
 * import { createApiKey, parseApiKeys } from '@fairlead/security';
 *
 * const pepper = 'a secret of at least 32 bytes from a secret store';
 * const { record } = createApiKey({ pepper, client: 'acme', scopes: ['infer:*'] });
 * console.log(parseApiKeys(JSON.stringify({ keys: [record] })).length); // 1
 * ```
 */
export function parseApiKeys(
  json: string,
  options: ParseApiKeysOptions = {},
): readonly ApiKeyRecord[] {
  const { knownScopes = modelScopes } = checkOptions('parseApiKeys', options, optionNames);
  if (typeof json !== 'string') rejectOption('json', 'the text of a keys file', json);
  const file = parse(json);
  if (typeof file !== 'object' || file === null || !('keys' in file) || !Array.isArray(file.keys)) {
    throw new SecurityError('ERR_SECURITY_KEYS', 'The keys file must be {"keys": [ … ]}.');
  }
  return file.keys.map((record: unknown, index) => {
    checkApiKeyRecord(record, `keys[${index}]`, knownScopes);
    return record;
  });
}

function parse(json: string): unknown {
  try {
    // Windows editors write a byte order mark at the beginning of a file.
    return JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    // The parser's message quotes the text around the mistake, which may be a secret.
    throw new SecurityError('ERR_SECURITY_KEYS', 'The keys file is not valid JSON.');
  }
}

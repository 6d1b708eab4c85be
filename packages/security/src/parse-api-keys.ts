import { checkApiKeyRecord, type ApiKeyRecord } from './api-key-record.ts';
import { SecurityError } from './security-error.ts';

/**
 * Reads the text of a keys file: `{"keys": [record, …]}`.
 *
 * @throws SecurityError `ERR_SECURITY_KEYS` that names the record and the field, and repeats no value.
 */
export function parseApiKeys(json: string): readonly ApiKeyRecord[] {
  const file = parse(json);
  if (typeof file !== 'object' || file === null || !('keys' in file) || !Array.isArray(file.keys)) {
    throw new SecurityError('ERR_SECURITY_KEYS', 'The keys file must be {"keys": [ … ]}.');
  }
  return file.keys.map((record: unknown, index) => {
    checkApiKeyRecord(record, `keys[${index}]`);
    return record;
  });
}

function parse(json: string): unknown {
  try {
    // Windows editors begin a file with a byte order mark.
    return JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    // The parser's own message quotes the text around the mistake, which may be a secret.
    throw new SecurityError('ERR_SECURITY_KEYS', 'The keys file is not valid JSON.');
  }
}

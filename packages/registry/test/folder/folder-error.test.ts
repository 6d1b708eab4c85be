import { RegistryError } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { folderError } from '../../src/folder/folder-error.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: operation failed`), { code });
}

// Errors that can't be caused on every machine: full disks, quotas, other file systems.
test.each([
  ['write', 'ENOSPC', 'ERR_REGISTRY_STORE_FULL'],
  ['write', 'EDQUOT', 'ERR_REGISTRY_STORE_FULL'],
  ['write', 'EROFS', 'ERR_REGISTRY_STORE_DENIED'],
  ['write', 'EPERM', 'ERR_REGISTRY_STORE_DENIED'],
  ['link', 'EPERM', 'ERR_REGISTRY_STORE_UNSUPPORTED'],
  ['link', 'EXDEV', 'ERR_REGISTRY_STORE_UNSUPPORTED'],
  ['link', 'ENOSPC', 'ERR_REGISTRY_STORE_FULL'],
  ['read', 'EIO', 'ERR_REGISTRY_STORE_UNAVAILABLE'],
  ['read', 'EMFILE', 'ERR_REGISTRY_STORE_UNAVAILABLE'],
])('a failure to %s with %s is %s', (operation, code, expected) => {
  const cause = systemError(code);
  const error = folderError(operation, '/srv/registry', cause);
  expect(error).toBeInstanceOf(RegistryError);
  expect(error).toMatchObject({ code: expected, cause });
  expect(String(error)).toContain(
    `cannot ${operation} in the registry folder /srv/registry (${code})`,
  );
});

test('an error that is not of the system is thrown unchanged', () => {
  const refusal = new RegistryError('ERR_REGISTRY_CORRUPT', 'damaged');
  for (const error of [refusal, new TypeError('a bug'), 'a string']) {
    expect(folderError('read', '/srv/registry', error)).toBe(error);
  }
});

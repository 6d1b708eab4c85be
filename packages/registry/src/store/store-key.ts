import { RegistryError } from '../errors/registry-error.ts';

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/;

/** Returns whether `name` can be one segment of a key; other objects in a store are foreign. */
export function isKeySegment(name: string): boolean {
  return SEGMENT.test(name);
}

/**
 * Splits a key into its segments.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_PATH` for a key that could name anything outside the store.
 */
export function keySegments(key: string): readonly string[] {
  const segments = key.split('/');
  if (segments.every(isKeySegment)) return segments;
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_PATH',
    `${JSON.stringify(key)} is not a key of a store: use "/" between names of letters, digits, ".", "_" and "-" ` +
      'that do not start with "." or "-"',
  );
}

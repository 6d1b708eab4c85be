import { RegistryError } from '../errors/registry-error.ts';

/** Length limit of a name, in characters; file systems accept 255 bytes. */
const MAX_LENGTH = 128;

const NAME = /^[a-z0-9][a-z0-9._-]*$/;

/** Returns whether `name` can name a model. */
export function isModelName(name: string): boolean {
  return name.length <= MAX_LENGTH && NAME.test(name);
}

/** Returns whether `name` can name an alias; digits alone are a version. */
export function isAliasName(name: string): boolean {
  return isModelName(name) && !/^\d+$/.test(name);
}

/** @throws RegistryError `ERR_REGISTRY_INVALID_NAME` */
export function checkModelName(name: string): void {
  if (isModelName(name)) return;
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_NAME',
    `${quote(name)} cannot name a model: use 1 to ${MAX_LENGTH} of a-z, 0-9, ".", "_" and "-", ` +
      'and start with a letter or a digit',
  );
}

/** @throws RegistryError `ERR_REGISTRY_INVALID_NAME` */
export function checkAliasName(name: string): void {
  if (isAliasName(name)) return;
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_NAME',
    `${quote(name)} cannot name an alias: use 1 to ${MAX_LENGTH} of a-z, 0-9, ".", "_" and "-", ` +
      'start with a letter or a digit, and use more than digits, which name a version',
  );
}

function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

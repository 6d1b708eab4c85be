/**
 * Every code that a {@link RegistryError} can carry; each has a paragraph in `docs/errors/registry.md`.
 *
 * @example
 * ```ts
 * import { registryErrorCodes } from '@fairlead/registry';
 *
 * console.log(registryErrorCodes.includes('ERR_REGISTRY_ALIAS_CONFLICT')); // true
 * ```
 */
export const registryErrorCodes = [
  'ERR_REGISTRY_INVALID_NAME',
  'ERR_REGISTRY_INVALID_VERSION',
  'ERR_REGISTRY_INVALID_OPTION',
  'ERR_REGISTRY_INVALID_PATH',
  'ERR_REGISTRY_INVALID_MANIFEST',
  'ERR_REGISTRY_UNSUPPORTED_FORMAT',
  'ERR_REGISTRY_SOURCE_UNREADABLE',
  'ERR_REGISTRY_SOURCE_CHANGED',
  'ERR_REGISTRY_INVALID_ONNX',
  'ERR_REGISTRY_INVALID_SOURCE',
  'ERR_REGISTRY_VALIDATION_FAILED',
  'ERR_REGISTRY_MODEL_NOT_FOUND',
  'ERR_REGISTRY_VERSION_NOT_FOUND',
  'ERR_REGISTRY_VERSION_PRUNED',
  'ERR_REGISTRY_ALIAS_NOT_FOUND',
  'ERR_REGISTRY_FILE_NOT_FOUND',
  'ERR_REGISTRY_ALIAS_CONFLICT',
  'ERR_REGISTRY_NOTHING_TO_ROLL_BACK',
  'ERR_REGISTRY_GATES_FAILED',
  'ERR_REGISTRY_ARCHIVED',
  'ERR_REGISTRY_IN_USE',
  'ERR_REGISTRY_INVALID_KEY',
  'ERR_REGISTRY_UNTRUSTED',
  'ERR_REGISTRY_CORRUPT',
  'ERR_REGISTRY_TOO_LARGE',
  'ERR_REGISTRY_ARCHIVE_INVALID',
  'ERR_REGISTRY_ARCHIVE_CONFLICT',
  'ERR_REGISTRY_STORE_NOT_FOUND',
  'ERR_REGISTRY_STORE_NOT_A_FOLDER',
  'ERR_REGISTRY_STORE_DENIED',
  'ERR_REGISTRY_STORE_FULL',
  'ERR_REGISTRY_STORE_UNSUPPORTED',
  'ERR_REGISTRY_STORE_FOREIGN',
  'ERR_REGISTRY_STORE_CREDENTIALS',
  'ERR_REGISTRY_STORE_REGION',
  'ERR_REGISTRY_STORE_CLOCK_SKEWED',
  'ERR_REGISTRY_STORE_UNAVAILABLE',
] as const;

/** Stable code of a {@link RegistryError}. */
export type RegistryErrorCode = (typeof registryErrorCodes)[number];

/**
 * Error of the registry: `code` is stable, the message names the value and the fix.
 *
 * @example
 * ```ts
 * import { folderStore, ModelRegistry, RegistryError } from '@fairlead/registry';
 *
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * try {
 *   await registry.resolve('digit', 'champion');
 * } catch (error) {
 *   if (!(error instanceof RegistryError)) throw error;
 *   console.log(error.code); // ERR_REGISTRY_MODEL_NOT_FOUND
 * }
 * ```
 */
export class RegistryError extends Error {
  override readonly name: string = 'RegistryError';
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

import type { KeyObject } from 'node:crypto';
import { checkOptions } from '../checks/check-options.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { keyIdOf, readPublicKey } from './signing-key.ts';

/** Keys whose signatures count. */
export interface TrustedKeys {
  /** Public keys by their ids. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /**
   * Minimum number of these keys that must have signed a version.
   *
   * @defaultValue 1
   */
  readonly signers?: number;
}

const PEM = /-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g;

/**
 * Reads public keys in PEM text; other lines are comments.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_KEY` when there is none, one is no Ed25519 public key, or there are fewer
 * than `signers`.
 *
 * @example
 * ```ts
 * import {
 *   folderStore,
 *   generateSigningKey,
 *   ModelRegistry,
 *   parseTrustedKeys,
 * } from '@fairlead/registry';
 *
 * const { publicKey } = generateSigningKey();
 * const trustedKeys = parseTrustedKeys(publicKey);
 * const registry = new ModelRegistry({ store: folderStore('./registry'), trustedKeys });
 * const error = await registry.openVersion('digits', 2).catch((cause: unknown) => cause);
 * console.log(error instanceof Error && 'code' in error && error.code); // ERR_REGISTRY_UNTRUSTED
 * ```
 */
export function parseTrustedKeys(
  text: string,
  options: { readonly signers?: number } = {},
): TrustedKeys {
  const { signers = 1 } = checkOptions('parseTrustedKeys', options, { signers: 'optional' });
  const keys = new Map<string, KeyObject>();
  for (const [pem] of text.matchAll(PEM)) {
    const key = readPublicKey(pem);
    keys.set(keyIdOf(key), key);
  }
  if (keys.size === 0) {
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_KEY',
      'the text has no public key: add each as PEM text, from -----BEGIN PUBLIC KEY----- to its end',
    );
  }
  if (!Number.isSafeInteger(signers) || signers < 1 || signers > keys.size) {
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_KEY',
      `${signers} signers can't be required with ${keys.size} trusted keys`,
    );
  }
  return { keys, signers };
}

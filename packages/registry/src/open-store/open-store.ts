import { maskCredentials } from '@fairlead/signature';
import { checkOptions } from '../checks/check-options.ts';
import { folderStore } from '../folder/folder-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** Settings of {@link openStore}. */
export interface OpenStoreOptions {
  /**
   * Create a missing folder, instead of failing; a bucket is never created.
   *
   * @defaultValue false
   */
  readonly create?: boolean;
  /**
   * Time for retries of an operation while S3 is unreachable, in milliseconds.
   *
   * @defaultValue 45000
   */
  readonly retryBudgetMs?: number;
  /**
   * Timeout of one request to S3, and of a silent connection, in milliseconds, at most a day.
   *
   * @defaultValue 15000
   */
  readonly timeoutMs?: number;
}

/**
 * Opens the store at `location`: the path of a folder, or `s3://bucket/prefix`.
 *
 * `@aws-sdk/client-s3` is loaded only for S3; it finds region, credentials and endpoint in its usual places.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` for another location, `ERR_REGISTRY_STORE_UNSUPPORTED` when
 * `@aws-sdk/client-s3` isn't installed, and the errors of `folderStore`.
 *
 * @example
 * ```ts
 * import { ModelRegistry, openStore } from '@fairlead/registry';
 *
 * const registry = new ModelRegistry({ store: await openStore('s3://models/team-a') });
 * await registry.push({
 *   model: 'iris',
 *   runtime: { name: 'onnx' },
 *   files: { 'model.onnx': './model.onnx' },
 *   actor: 'ada',
 * });
 * console.log(await registry.modelNames()); // [ 'iris' ]
 * ```
 */
export async function openStore(
  location: string,
  options: OpenStoreOptions = {},
): Promise<ObjectStore> {
  const {
    create = false,
    retryBudgetMs,
    timeoutMs,
  } = checkOptions('openStore', options, {
    create: 'optional',
    retryBudgetMs: 'optional',
    timeoutMs: 'optional',
  });
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return folderStore(location, { create });
  if (scheme !== 's3') {
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_OPTION',
      `${maskCredentials(JSON.stringify(location))} is no location of a registry: give the path of a folder, or s3://bucket/prefix`,
    );
  }
  const { parseS3Url, s3Store } = await importS3();
  return s3Store({
    ...parseS3Url(location),
    ...(retryBudgetMs !== undefined && { retryBudgetMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** Opens the store at `location`; `undefined` if the folder doesn't exist. */
export async function openStoreIfThere(location: string): Promise<ObjectStore | undefined> {
  try {
    return await openStore(location);
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'ERR_REGISTRY_STORE_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

async function importS3() {
  try {
    return await import('../s3/index.ts');
  } catch (cause) {
    throw new RegistryError(
      'ERR_REGISTRY_STORE_UNSUPPORTED',
      'a registry in S3 needs the AWS SDK: npm install @aws-sdk/client-s3',
      { cause },
    );
  }
}

import { maskCredentials } from '@fairlead/signature';
import { checkOptions } from '../checks/check-options.ts';
import { folderStore } from '../folder/folder-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** Settings of {@link openStore}. */
export interface OpenStoreOptions {
  /**
   * Make the folder when it is missing, instead of refusing; a bucket is never made.
   *
   * @defaultValue false
   */
  readonly create?: boolean;
  /**
   * How long an operation is tried again while S3 is away, in milliseconds.
   *
   * @defaultValue 45000
   */
  readonly retryBudgetMs?: number;
  /**
   * How long one request to S3 may take, or a connection be silent, in milliseconds.
   *
   * @defaultValue 15000
   */
  readonly timeoutMs?: number;
}

/**
 * Opens the store at `location`: the path of a folder, or `s3://bucket/prefix`.
 *
 * Only for the latter `@aws-sdk/client-s3` is loaded; region, credentials and endpoint come from where it looks for them.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` for what is neither, `ERR_REGISTRY_STORE_UNSUPPORTED` when
 * `@aws-sdk/client-s3` isn't installed, and what `folderStore` throws.
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
      `${maskCredentials(JSON.stringify(location))} is no place for a registry: give the path of a folder, or s3://bucket/prefix`,
    );
  }
  const { parseS3Url, s3Store } = await importS3();
  return s3Store({
    ...parseS3Url(location),
    ...(retryBudgetMs !== undefined && { retryBudgetMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** The store at `location`, or `undefined` when there is no such folder. */
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

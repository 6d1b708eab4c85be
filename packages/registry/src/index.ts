export { AliasConflictError } from './aliases/alias-conflict-error.ts';
export type { AliasEntry } from './aliases/alias-entry.ts';
export type { AliasChangeOptions } from './aliases/change-alias.ts';
export { cachedStore } from './cache/cached-store.ts';
export type { CachedStoreOptions } from './cache/cached-store.ts';
export { folderStore } from './store/folder-store.ts';
export type { FolderStoreOptions } from './store/folder-store.ts';
export type { FollowOptions } from './aliases/follow-alias.ts';
export type { JsonValue } from './records/json-value.ts';
export type { ModelSummary } from './listing.ts';
export type {
  DatasetReference,
  GoldenExample,
  JsonTensor,
  JsonTensorData,
  Lineage,
  Manifest,
  ManifestFile,
  RuntimeSpec,
} from './versions/manifest.ts';
export { ModelRegistry } from './model-registry.ts';
export type { ModelRegistryOptions, ResolvedVersion, RollbackOptions } from './model-registry.ts';
export type { ObjectBody, ObjectStore, StoreEntry } from './store/object-store.ts';
export { openStore } from './store/open-store.ts';
export type { OpenStoreOptions } from './store/open-store.ts';
export type { OpenVersion } from './versions/open-version.ts';
export type { PushRequest } from './push/push-request.ts';
export type { PushResult } from './push/push-version.ts';
export { RegistryError, registryErrorCodes } from './registry-error.ts';
export type { RegistryErrorCode } from './registry-error.ts';
export type { VerifyProblem, VerifyReport } from './verify/verify-store.ts';

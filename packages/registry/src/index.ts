export { AliasConflictError } from './alias-conflict-error.ts';
export type { AliasEntry } from './alias-entry.ts';
export type { AliasChangeOptions } from './change-alias.ts';
export { folderStore } from './folder-store.ts';
export type { FolderStoreOptions } from './folder-store.ts';
export type { FollowOptions } from './follow-alias.ts';
export type { JsonValue } from './json-value.ts';
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
} from './manifest.ts';
export { ModelRegistry } from './model-registry.ts';
export type { ModelRegistryOptions, ResolvedVersion, RollbackOptions } from './model-registry.ts';
export type { ObjectBody, ObjectStore, StoreEntry } from './object-store.ts';
export { openStore } from './open-store.ts';
export type { OpenStoreOptions } from './open-store.ts';
export type { OpenVersion } from './open-version.ts';
export type { PushRequest } from './push-request.ts';
export type { PushResult } from './push-version.ts';
export { RegistryError, registryErrorCodes } from './registry-error.ts';
export type { RegistryErrorCode } from './registry-error.ts';
export type { VerifyProblem, VerifyReport } from './verify-store.ts';

export type { AliasGates, GateResult } from './aliases/alias-gates.ts';
export { AliasConflictError } from './aliases/alias-conflict-error.ts';
export type { AliasEntry } from './aliases/alias-entry.ts';
export type { AliasChangeOptions } from './aliases/change-alias.ts';
export type { ManifestFile } from './blobs/manifest-file.ts';
export { cachedStore } from './cache/cached-store.ts';
export type { CachedStoreOptions } from './cache/cached-store.ts';
export type { AuditContext } from './checks/audit-context.ts';
export type { ModelHandle } from './models/model-handle.ts';
export type { DriftChange, DriftedColumn } from './models/record-drift.ts';
export type { NewMeasurement } from './models/record-measurement.ts';
export type { SignOptions, VersionHandle } from './models/version-handle.ts';
export type { RollbackOptions, SetAliasOptions } from './models/set-alias.ts';
export type { TagsAndNotes } from './models/tags-and-notes.ts';
export type { EventDocument } from './events/event-document.ts';
export { eventTypes } from './events/model-event.ts';
export type { EventType, ModelEvent } from './events/model-event.ts';
export type {
  Approval,
  CurrentDrift,
  Measurement,
  ModelState,
  VersionState,
} from './events/model-state.ts';
export type { TimelineEntry } from './timeline/timeline.ts';
export { breakingChanges } from './gates/breaking-changes.ts';
export { parseGate } from './gates/gate.ts';
export type { Comparison, Gate } from './gates/gate.ts';
export { GatesFailedError } from './gates/gates-failed-error.ts';
export { folderStore } from './folder/folder-store.ts';
export type { FolderStoreOptions } from './folder/folder-store.ts';
export type { FollowOptions } from './aliases/follow-alias.ts';
export type { JsonValue } from './records/json-value.ts';
export type { ModelSummary } from './models/list-models.ts';
export type {
  BatchingSetting,
  DatasetReference,
  Lineage,
  Manifest,
  Origin,
  Requirements,
  RuntimeSpec,
  Trial,
} from './versions/manifest.ts';
export { ModelRegistry } from './model-registry.ts';
export type { ModelRegistryOptions, ResolvedVersion } from './model-registry.ts';
export type { ObjectBody, ObjectStore, StoreEntry } from './store/object-store.ts';
export { openStore } from './open-store/open-store.ts';
export type { OpenStoreOptions } from './open-store/open-store.ts';
export type { OpenVersion } from './versions/open-version.ts';
export type { RecordParityOptions } from './models/parity-measurement.ts';
export type {
  Validation,
  ValidationFindings,
  PushCandidate,
  PushProgress,
} from './push/validate.ts';
export type { PushRequest } from './push/push-request.ts';
export type { PushResult } from './push/push-version.ts';
export { generateSigningKey } from './signing/signing-key.ts';
export type { SigningKeyPair } from './signing/signing-key.ts';
export { parseTrustedKeys } from './signing/trusted-keys.ts';
export type { TrustedKeys } from './signing/trusted-keys.ts';
export { signedText } from './signing/version-signature.ts';
export type { VersionSignature } from './signing/version-signature.ts';
export { RegistryError, registryErrorCodes } from './errors/registry-error.ts';
export type { RegistryErrorCode } from './errors/registry-error.ts';

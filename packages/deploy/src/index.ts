export { DeployError } from './deploy-error.ts';
export type { DeployErrorCode } from './deploy-error.ts';
export { platforms, thisPlatform } from './platform.ts';
export type { Platform } from './platform.ts';
export { buildRelease } from './release/build-release.ts';
export type { BuildReleaseOptions, BuiltRelease } from './release/build-release.ts';
export { readRelease, verifyRelease } from './release/release-archive.ts';
export type { ReleaseDocuments } from './release/release-archive.ts';
export type { PartRole, ReleaseManifest, ReleasePart } from './release/release-manifest.ts';

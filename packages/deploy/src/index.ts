export { writeBundle } from './application/write-bundle.ts';
export type { WriteBundleOptions } from './application/write-bundle.ts';
export { agentCommand } from './agent/agent-command.ts';
export type { Carrier, CarrierResult, CarrierRunOptions } from './carriers/carrier.ts';
export type { Difference } from './agent/difference.ts';
export type { HostStatus } from './agent/status.ts';
export { deployToHost } from './hosts/deploy-to-host.ts';
export type { DeployToHostOptions, HostDeployment } from './hosts/deploy-to-host.ts';
export { restoreToHost } from './rollout/restore-to-host.ts';
export type { HostRestore, RestoreToHostOptions } from './rollout/restore-to-host.ts';
export type { RestoredState } from './hosts/release-agent.ts';
export type { CertificatePlan } from './state/certificate-plan.ts';
export type { BackupPlan } from './state/backup-plan.ts';
export { deploymentPackages } from './hosts/required-packages.ts';
export { sendSecret } from './hosts/send-secret.ts';
export type { SendSecretOptions } from './hosts/send-secret.ts';
export { DeployError } from './deploy-error.ts';
export type { DeployErrorCode } from './deploy-error.ts';
export { readBootRelease } from './first-boot/boot-release.ts';
export type { BootRelease } from './first-boot/boot-release.ts';
export type {
  BootSignal,
  FirstBootOptions,
  HostAgent,
  ReleaseInS3,
  ReleaseOfParameter,
  SignalByUrl,
  SignalToAutoScaling,
  UserDataOptions,
} from './first-boot/first-boot-options.ts';
export { renderFirstBoot } from './first-boot/render-first-boot.ts';
export type { FirstBootOfParameter, FirstBootOfRelease } from './first-boot/render-first-boot.ts';
export { renderUserData } from './first-boot/render-user-data.ts';
export { awsDomain } from './aws-domain.ts';
export { platforms, thisPlatform } from './platform.ts';
export type { Platform } from './platform.ts';
export { buildRelease } from './release/build-release.ts';
export type { BuiltRelease } from './release/build-release.ts';
export type { BuildReleaseOptions } from './release/build-options.ts';
export { readRelease } from './release/read-release.ts';
export type { ReadReleaseOptions, ReleaseDocuments } from './release/read-release.ts';
export { verifyRelease } from './release/verify-release.ts';
export type { VerifyReleaseOptions } from './release/verify-release.ts';
export type { SecretReference, SecretReferenceSource } from './secrets/secret-reference.ts';
export type { Gate, GateCheck, HostFile, ReleaseManifest } from './release/release-manifest.ts';
export type { PythonOptions } from './python/python-options.ts';
export type { PythonRuntime } from './python/python-runtime.ts';
export type {
  PartFile,
  PartLink,
  PartRegularFile,
  PartRole,
  ReleasePart,
} from './parts/release-part.ts';
export { readHostStatus } from './hosts/host-status.ts';
export { installPackages, readNginxVersion } from './hosts/install-packages.ts';
export type { HostPackages, InstallPackagesOptions } from './hosts/install-packages.ts';
export { planHost } from './hosts/plan-host.ts';
export type { HostPlan } from './hosts/plan-host.ts';
export { sendFile } from './hosts/send-file.ts';
export type { SendFileOptions } from './hosts/send-file.ts';
export type { Balancer } from './balancers/balancer.ts';
export type { Batch } from './rollout/batches.ts';
export { planRollOut } from './rollout/plan-roll-out.ts';
export type { HostRollOutPlan, RollOutPlan } from './rollout/plan-roll-out.ts';
export { rollBack } from './rollout/roll-back.ts';
export { rollOut } from './rollout/roll-out.ts';
export type { Departure } from './rollout/departure.ts';
export type {
  FleetOptions,
  RollBackOptions,
  RollBackReleases,
  RollOutOptions,
} from './rollout/roll-out-options.ts';
export type {
  HostResult,
  Rollout,
  RolloutEvent,
  RolloutHost,
  RolloutPhase,
} from './rollout/rollout.ts';
export { isReleaseDigest, openReleaseStore } from './releases/release-store.ts';
export type {
  FetchedRelease,
  ReleaseStore,
  ReleaseStoreOptions,
} from './releases/release-store.ts';
export type { AuditedChange, AuditedFacts, AuditEntry, AuditLog } from './releases/audit-log.ts';
export type { PassedReleases, ReleaseResult } from './releases/passed-releases.ts';
export { checkService } from './service/check-service.ts';
export type { CheckServiceOptions, ServiceCheck } from './service/check-service.ts';
export { configurationChanges } from './plan/configuration-changes.ts';
export type { ConfigurationChange } from './plan/configuration-changes.ts';
export type { LineChange } from './plan/line-changes.ts';
export { pinImages } from './images/pin-images.ts';
export type { PinImagesOptions } from './images/pin-images.ts';

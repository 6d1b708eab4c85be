import type { CaptureErrorCode } from '@fairlead/capture';
import type { DeployErrorCode } from '@fairlead/deploy';
import type { RegistryErrorCode } from '@fairlead/registry';
import type { RetrainingErrorCode } from '@fairlead/retraining';
import type { RolloutErrorCode } from '@fairlead/rollout';
import type { SizingErrorCode } from '@fairlead/sizing';
import { CommanderError } from '@commander-js/extra-typings';
import type { CliErrorCode } from './cli-error.ts';

/** Exit codes of the command, for scripts; stable. */
export const exitCodes = {
  /** Success, or nothing to do. */
  ok: 0,
  /** A check failed: gates, a verification, a golden example, parity, doctor, a release. */
  failed: 1,
  /** Invalid command line, or an invalid file that it names; changes of `plan --detailed-exitcode`, which has 1 for the former. */
  usage: 2,
  /** Conflict: changed concurrently, locked, or already exists. */
  conflict: 3,
  /** Not found: registry, model, version, alias, file or key. */
  notFound: 4,
  /** Store or host unreachable, or access denied. */
  unavailable: 5,
  /** Damaged data, or no signature of a trusted key. */
  damaged: 6,
  /** Internal error of the command. */
  internal: 70,
  /** Standard output can't be written, such as on a full disk (`EX_IOERR` of sysexits.h). */
  output: 74,
  /** Stopped by Ctrl-C or a signal: 128 and the number of SIGINT. */
  stopped: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const { failed, usage, conflict, notFound, unavailable, damaged, internal, output, stopped } =
  exitCodes;

const byRegistryCode: Readonly<Record<RegistryErrorCode, ExitCode>> = {
  ERR_REGISTRY_INVALID_NAME: usage,
  ERR_REGISTRY_INVALID_VERSION: usage,
  ERR_REGISTRY_INVALID_OPTION: usage,
  ERR_REGISTRY_INVALID_PATH: usage,
  ERR_REGISTRY_INVALID_MANIFEST: usage,
  ERR_REGISTRY_UNSUPPORTED_FORMAT: damaged,
  ERR_REGISTRY_SOURCE_UNREADABLE: usage,
  ERR_REGISTRY_SOURCE_CHANGED: conflict,
  ERR_REGISTRY_INVALID_ONNX: usage,
  ERR_REGISTRY_INVALID_SOURCE: usage,
  ERR_REGISTRY_VALIDATION_FAILED: failed,
  ERR_REGISTRY_MODEL_NOT_FOUND: notFound,
  ERR_REGISTRY_VERSION_NOT_FOUND: notFound,
  ERR_REGISTRY_VERSION_PRUNED: notFound,
  ERR_REGISTRY_ALIAS_NOT_FOUND: notFound,
  ERR_REGISTRY_FILE_NOT_FOUND: notFound,
  ERR_REGISTRY_ALIAS_CONFLICT: conflict,
  ERR_REGISTRY_NOTHING_TO_ROLL_BACK: failed,
  ERR_REGISTRY_GATES_FAILED: failed,
  ERR_REGISTRY_ARCHIVED: failed,
  ERR_REGISTRY_IN_USE: conflict,
  ERR_REGISTRY_INVALID_KEY: usage,
  ERR_REGISTRY_UNTRUSTED: damaged,
  ERR_REGISTRY_CORRUPT: damaged,
  ERR_REGISTRY_TOO_LARGE: usage,
  ERR_REGISTRY_ARCHIVE_INVALID: damaged,
  ERR_REGISTRY_ARCHIVE_CONFLICT: conflict,
  ERR_REGISTRY_STORE_NOT_FOUND: notFound,
  ERR_REGISTRY_STORE_NOT_A_FOLDER: notFound,
  ERR_REGISTRY_STORE_DENIED: unavailable,
  ERR_REGISTRY_STORE_FULL: unavailable,
  ERR_REGISTRY_STORE_UNSUPPORTED: unavailable,
  ERR_REGISTRY_STORE_FOREIGN: conflict,
  ERR_REGISTRY_STORE_CREDENTIALS: unavailable,
  ERR_REGISTRY_STORE_REGION: unavailable,
  ERR_REGISTRY_STORE_CLOCK_SKEWED: unavailable,
  ERR_REGISTRY_STORE_UNAVAILABLE: unavailable,
};

const byCliCode: Readonly<Record<CliErrorCode, ExitCode>> = {
  ERR_CLI_USAGE: usage,
  ERR_CLI_NO_REGISTRY: usage,
  ERR_CLI_NOT_CONFIRMED: usage,
  ERR_CLI_FILE: usage,
  ERR_CLI_NO_RUNTIME: usage,
  ERR_CLI_CHECK_FAILED: failed,
  ERR_CLI_ORIGINAL_FAILED: unavailable,
  ERR_CLI_NO_PEPPER: usage,
  ERR_CLI_KEY_NOT_FOUND: notFound,
  ERR_CLI_KEYS_LOCKED: conflict,
  ERR_CLI_UNSAFE_PATH: usage,
  ERR_CLI_HOSTS_FAILED: unavailable,
  ERR_CLI_REVERTED: failed,
  ERR_CLI_PLAN_DIFFERS: usage,
  ERR_CLI_STOPPED: stopped,
  ERR_CLI_OUTPUT: output,
  ERR_CLI_INTERNAL: internal,
};

/** Errors of rollouts. */
const byRolloutCode: Readonly<Record<RolloutErrorCode, ExitCode>> = {
  ERR_ROLLOUT_CONFLICT: conflict,
  ERR_ROLLOUT_INVALID_OPTION: usage,
  ERR_ROLLOUT_PLAN_INVALID: usage,
  ERR_ROLLOUT_STATE_INVALID: damaged,
};

/** Errors of retraining. */
const byRetrainingCode: Readonly<Record<RetrainingErrorCode, ExitCode>> = {
  ERR_RETRAINING_CONFLICT: conflict,
  ERR_RETRAINING_INVALID_OPTION: usage,
  ERR_RETRAINING_POLICY_INVALID: usage,
  ERR_RETRAINING_RUNNER_FAILED: unavailable,
  ERR_RETRAINING_STATE_INVALID: damaged,
  ERR_RETRAINING_TRAINING_FAILED: failed,
};

/** Errors of sizing. */
const bySizingCode: Readonly<Record<SizingErrorCode, ExitCode>> = {
  ERR_SIZING_GOAL_UNREACHABLE: failed,
  ERR_SIZING_INSTANCES_INVALID: usage,
  ERR_SIZING_INVALID_OPTION: usage,
  ERR_SIZING_MEASUREMENT_FAILED: failed,
  ERR_SIZING_MEASUREMENT_INVALID: usage,
  ERR_SIZING_REFRESH_FAILED: unavailable,
  ERR_SIZING_TRAFFIC_INVALID: usage,
};

/** Errors of captured requests and labels. */
const byCaptureCode: Readonly<Partial<Record<CaptureErrorCode, ExitCode>>> = {
  ERR_CAPTURE_INVALID_OPTION: usage,
  ERR_CAPTURE_LABEL_INVALID: usage,
  ERR_CAPTURE_FILE_INVALID: damaged,
  ERR_CAPTURE_STORE_FAILED: unavailable,
};

/** Errors of `@fairlead/deploy`; those that are left out are of a host. */
const byDeployCode: Readonly<Partial<Record<DeployErrorCode, ExitCode>>> = {
  ERR_DEPLOY_INVALID_OPTION: usage,
  ERR_DEPLOY_BUILD_FAILED: failed,
  ERR_DEPLOY_GATE_FAILED: failed,
  ERR_DEPLOY_NOT_PROMOTED: failed,
  ERR_DEPLOY_RELEASE_PARAMETER: unavailable,
  ERR_DEPLOY_RELEASE_NOT_FOUND: notFound,
  ERR_DEPLOY_LOCKED: conflict,
  ERR_DEPLOY_GROUP: unavailable,
  ERR_DEPLOY_GROUP_EMPTY: notFound,
  ERR_DEPLOY_GROUP_NOT_FOUND: notFound,
  ERR_DEPLOY_GROUP_REFRESHING: conflict,
  ERR_DEPLOY_RELEASE_DAMAGED: damaged,
  ERR_DEPLOY_RELEASE_UNTRUSTED: damaged,
};

const byCode = new Map<string, ExitCode>(
  Object.entries({
    ...byRegistryCode,
    ...byCliCode,
    ...byCaptureCode,
    ...byDeployCode,
    ...byRolloutCode,
    ...byRetrainingCode,
    ...bySizingCode,
  }),
);

/** The exit code for an error of a command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : usage;
  const code = errorCodeOf(error);
  const known = code === undefined ? undefined : byCode.get(code);
  if (known !== undefined) return known;
  // Other libraries reject a scope of a key, an option, a deployment: input of the command line.
  if (
    /^ERR_(?:PARITY|SECURITY|SIGNATURE|WINDOWS|DRIFT|MONITORING|DEPLOYMENT|NGINX|GUNICORN|SYSTEMD)_/.test(
      code ?? '',
    )
  )
    return usage;
  if (code?.startsWith('ERR_DEPLOY_') === true) return unavailable;
  return code?.startsWith('ERR_SERVING_') === true ? failed : internal;
}

/** The stable code that an error carries, if it does. */
export function errorCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

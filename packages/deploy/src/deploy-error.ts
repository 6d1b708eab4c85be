/** Codes of the errors of this package. */
export type DeployErrorCode =
  | 'ERR_DEPLOY_INVALID_OPTION'
  | 'ERR_DEPLOY_BUILD_FAILED'
  | 'ERR_DEPLOY_GATE_FAILED'
  | 'ERR_DEPLOY_BALANCER'
  | 'ERR_DEPLOY_GROUP'
  | 'ERR_DEPLOY_GROUP_EMPTY'
  | 'ERR_DEPLOY_GROUP_NOT_FOUND'
  | 'ERR_DEPLOY_GROUP_REFRESHING'
  | 'ERR_DEPLOY_HOST'
  | 'ERR_DEPLOY_LOCKED'
  | 'ERR_DEPLOY_SECRET'
  | 'ERR_DEPLOY_RELEASE_DAMAGED'
  | 'ERR_DEPLOY_RELEASE_UNTRUSTED'
  | 'ERR_DEPLOY_RELEASE_NOT_FOUND'
  | 'ERR_DEPLOY_RELEASE_PARAMETER'
  | 'ERR_DEPLOY_NOT_PROMOTED'
  | 'ERR_DEPLOY_STACK'
  | 'ERR_DEPLOY_PACKAGE_UNAVAILABLE';

/**
 * Error of this package, with a stable code.
 *
 * @example
 * ```ts
 * import { DeployError, readRelease } from '@fairlead/deploy';
 *
 * const error = await readRelease('package.json').catch((reason) => reason);
 * console.log(error instanceof DeployError); // true
 * ```
 */
export class DeployError extends Error {
  /** Name of the class, also in serialized errors. */
  override readonly name: string = 'DeployError';
  /** Stable identifier, explained in the list of error codes. */
  readonly code: DeployErrorCode;

  constructor(code: DeployErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Creates the error of a release that isn't as its manifest says. */
export function damaged(problem: string, cause?: unknown): DeployError {
  return new DeployError(
    'ERR_DEPLOY_RELEASE_DAMAGED',
    `The release can't be used: ${problem}. Build it again, or copy it again if it was built elsewhere.`,
    { cause },
  );
}

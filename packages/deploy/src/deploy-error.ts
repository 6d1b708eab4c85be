/** Codes of the errors of this package. */
export type DeployErrorCode =
  | 'ERR_DEPLOY_INVALID_OPTION'
  | 'ERR_DEPLOY_BUILD_FAILED'
  | 'ERR_DEPLOY_RELEASE_DAMAGED'
  | 'ERR_DEPLOY_PACKAGE_UNAVAILABLE';

/** Error of this package. */
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

/** Codes of the errors of this package. */
export type DeployCdkErrorCode = 'ERR_DEPLOY_CDK_INVALID_OPTION';

/**
 * Error of this package, with a stable code.
 *
 * @example
 * ```ts
 * import { DeployCdkError } from '@fairlead/deploy-cdk';
 *
 * const error = new DeployCdkError('ERR_DEPLOY_CDK_INVALID_OPTION', 'Option network.maxAzs is 1: expected 2 to 6.');
 * console.log(error.code); // ERR_DEPLOY_CDK_INVALID_OPTION
 * ```
 */
export class DeployCdkError extends Error {
  /** Name of the class, also in serialized errors. */
  override readonly name: string = 'DeployCdkError';
  /** Stable identifier, explained in the list of error codes. */
  readonly code: DeployCdkErrorCode;

  constructor(code: DeployCdkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

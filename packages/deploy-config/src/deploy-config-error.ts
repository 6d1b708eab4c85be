/**
 * Base class of the errors of this package: a stable `code`, and a message that names the value and the fix.
 *
 * @example
 * ```ts
 * import { DeployConfigError, folderLayout } from '@fairlead/deploy-config';
 *
 * try {
 *   folderLayout(7 as never);
 * } catch (error) {
 *   console.log((error as DeployConfigError).code); // ERR_DEPLOY_CONFIG_INVALID_OPTION
 * }
 * ```
 */
export class DeployConfigError extends Error {
  /** Name of the class, also in serialized errors. */
  override readonly name: string = 'DeployConfigError';
  /** Stable identifier such as `ERR_NGINX_VALUE`; each is explained in the list of error codes. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

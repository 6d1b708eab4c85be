/** Stable codes of {@link SecurityError}. */
export type SecurityErrorCode =
  | 'ERR_SECURITY_INVALID_OPTION'
  | 'ERR_SECURITY_KEYS'
  | 'ERR_SECURITY_CONTENT_LENGTH'
  | 'ERR_SECURITY_CREDENTIALS_AMBIGUOUS'
  | 'ERR_SECURITY_KEY_MISSING'
  | 'ERR_SECURITY_KEY_REFUSED'
  | 'ERR_SECURITY_SCOPE'
  | 'ERR_SECURITY_NOT_FOUND'
  | 'ERR_SECURITY_BODY_TOO_LARGE'
  | 'ERR_SECURITY_MEDIA_TYPE'
  | 'ERR_SECURITY_CONTENT_ENCODING'
  | 'ERR_SECURITY_QUOTA'
  | 'ERR_SECURITY_RATE_LIMIT'
  | 'ERR_SECURITY_REQUEST_COST'
  | 'ERR_SECURITY_TRANSFER_ENCODING'
  | 'ERR_SECURITY_RATE_LIMIT_STORE';

/** HTTP status of each code; 0 for failures at construction, which are no response to a request. */
const statusByCode: Readonly<Record<SecurityErrorCode, number>> = {
  ERR_SECURITY_INVALID_OPTION: 0,
  ERR_SECURITY_KEYS: 0,
  ERR_SECURITY_CONTENT_LENGTH: 400,
  ERR_SECURITY_CREDENTIALS_AMBIGUOUS: 400,
  ERR_SECURITY_KEY_MISSING: 401,
  ERR_SECURITY_KEY_REFUSED: 401,
  ERR_SECURITY_SCOPE: 403,
  ERR_SECURITY_NOT_FOUND: 404,
  ERR_SECURITY_BODY_TOO_LARGE: 413,
  ERR_SECURITY_MEDIA_TYPE: 415,
  ERR_SECURITY_CONTENT_ENCODING: 415,
  ERR_SECURITY_QUOTA: 429,
  ERR_SECURITY_RATE_LIMIT: 429,
  ERR_SECURITY_REQUEST_COST: 413,
  ERR_SECURITY_TRANSFER_ENCODING: 501,
  ERR_SECURITY_RATE_LIMIT_STORE: 503,
};

/** Options of {@link SecurityError}. */
export interface SecurityErrorOptions {
  /** Original error; never shown to a client. */
  readonly cause?: unknown;
  /** Headers of the response, such as `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Error class of this package, for refused requests and wrong options; the message is safe to show to the client.
 *
 * @example
 * ```ts
 * import { SecurityError } from '@fairlead/security';
 *
 * const error = new SecurityError('ERR_SECURITY_INVALID_OPTION', 'limit is 0');
 * console.log(error.code, error.status); // ERR_SECURITY_INVALID_OPTION 500
 * ```
 */
export class SecurityError extends Error {
  /** Always `SecurityError`. */
  override readonly name = 'SecurityError';
  /** Stable code, explained in the documentation. */
  readonly code: SecurityErrorCode;
  /** HTTP status; 500 for a wrong option. */
  readonly status: number;
  /** Headers of the response; Express's default error handler sets them too. */
  readonly headers: Readonly<Record<string, string>>;
  /** True if a client may read the message. */
  readonly expose: boolean;

  constructor(code: SecurityErrorCode, message: string, options: SecurityErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    const status = statusByCode[code];
    this.code = code;
    this.status = status === 0 ? 500 : status;
    this.headers = options.headers ?? {};
    this.expose = status !== 0;
  }
}

/** The stable codes of {@link SecurityError}. */
export type SecurityErrorCode =
  | 'ERR_SECURITY_OPTION'
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
  | 'ERR_SECURITY_RATE_LIMIT'
  | 'ERR_SECURITY_TRANSFER_ENCODING'
  | 'ERR_SECURITY_RATE_LIMIT_STORE';

/** The one place where a failure gets its HTTP status; 0 means it happens at construction and never meets a request. */
const statusByCode: Readonly<Record<SecurityErrorCode, number>> = {
  ERR_SECURITY_OPTION: 0,
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
  ERR_SECURITY_RATE_LIMIT: 429,
  ERR_SECURITY_TRANSFER_ENCODING: 501,
  ERR_SECURITY_RATE_LIMIT_STORE: 503,
};

/** What may accompany a {@link SecurityError}. */
export interface SecurityErrorOptions {
  /** The failure underneath; never shown to a client. */
  readonly cause?: unknown;
  /** Headers that belong to the answer, such as `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every refusal and every wrong setting of this package; the message is safe to show to the client. */
export class SecurityError extends Error {
  /** Always `SecurityError`. */
  override readonly name = 'SecurityError';
  /** Stable: look it up in the documentation, branch on it in code. */
  readonly code: SecurityErrorCode;
  /** The HTTP status; 500 for a wrong setting. */
  readonly status: number;
  /** Headers that belong to the answer; Express's own error handler sets them too. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a client may read the message. */
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

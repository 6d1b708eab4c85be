/** Stable codes of {@link JobsError}; each has a paragraph in `docs/errors/jobs.md`. */
export type JobsErrorCode =
  | 'ERR_JOBS_FULL'
  | 'ERR_JOBS_IDEMPOTENCY_MISMATCH'
  | 'ERR_JOBS_INVALID_OPTION'
  | 'ERR_JOBS_OWNER_LIMIT'
  | 'ERR_JOBS_TOO_LARGE';

/** Options of a {@link JobsError}. */
export interface JobsErrorOptions extends ErrorOptions {
  /** Delay after which a retry makes sense, in milliseconds, where it is known. */
  readonly retryAfterMs?: number;
}

/** A request that a queue of jobs rejects; errors of the storage itself are thrown as they are. */
export class JobsError extends Error {
  override readonly name = 'JobsError';
  readonly code: JobsErrorCode;
  /** Delay after which a retry makes sense, in milliseconds, where it is known. */
  readonly retryAfterMs: number | undefined;

  constructor(code: JobsErrorCode, message: string, options: JobsErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

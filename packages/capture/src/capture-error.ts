/** Every code that a {@link CaptureError} can carry; each has a paragraph in `docs/errors/capture.md`. */
export const captureErrorCodes = [
  'ERR_CAPTURE_FILE_INVALID',
  'ERR_CAPTURE_INVALID_OPTION',
  'ERR_CAPTURE_LABEL_INVALID',
  'ERR_CAPTURE_SPOOL_INVALID',
  'ERR_CAPTURE_STORE_FAILED',
] as const;

/** Stable code of a {@link CaptureError}. */
export type CaptureErrorCode = (typeof captureErrorCodes)[number];

/** A capture that can't be opened, stored, read or deleted; `code` is stable, the message names the value and the fix. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code: CaptureErrorCode;

  constructor(code: CaptureErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Every code that a {@link ParityError} can carry; each has a paragraph in `docs/errors/parity.md`. */
export const parityErrorCodes = [
  'ERR_PARITY_INCOMPARABLE',
  'ERR_PARITY_INVALID_OPTION',
  'ERR_PARITY_INVALID_ROWS',
  'ERR_PARITY_ROWS_UNREADABLE',
] as const;

/** Stable code of a {@link ParityError}. */
export type ParityErrorCode = (typeof parityErrorCodes)[number];

/** A comparison that can't be made; `code` is stable, the message names the value and the fix. */
export class ParityError extends Error {
  override readonly name = 'ParityError';
  readonly code: ParityErrorCode;

  constructor(code: ParityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

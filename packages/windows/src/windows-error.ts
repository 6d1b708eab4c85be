/**
 * Every code that a {@link WindowsError} can carry; each has a paragraph in `docs/errors/windows.md`.
 *
 * @example
 * ```ts
 * import { windowsErrorCodes } from '@fairlead/windows';
 *
 * console.log(windowsErrorCodes.includes('ERR_WINDOWS_INVALID_OPTION')); // true
 * ```
 */
export const windowsErrorCodes = [
  'ERR_WINDOWS_BASELINE_INVALID',
  'ERR_WINDOWS_INCOMPATIBLE',
  'ERR_WINDOWS_INVALID_OPTION',
  'ERR_WINDOWS_TABLE_INVALID',
  'ERR_WINDOWS_WINDOW_INVALID',
] as const;

/** Stable code of a {@link WindowsError}. */
export type WindowsErrorCode = (typeof windowsErrorCodes)[number];

/**
 * A baseline or window that can't be made, read or merged; `code` is stable, the message names the value and the fix.
 *
 * @example
 * ```ts
 * import { parseWindow, WindowsError } from '@fairlead/windows';
 *
 * try {
 *   parseWindow('{}');
 * } catch (error) {
 *   console.log(error instanceof WindowsError && error.code); // ERR_WINDOWS_WINDOW_INVALID
 * }
 * ```
 */
export class WindowsError extends Error {
  override readonly name = 'WindowsError';
  readonly code: WindowsErrorCode;

  constructor(code: WindowsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

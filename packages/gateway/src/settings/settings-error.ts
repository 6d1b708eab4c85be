import { maskCredentials } from '@fairlead/signature';

/**
 * Settings that can't be used: each is named with its value and what it must be.
 *
 * @example
 * ```ts
 * import { readSettings, SettingsError } from '@fairlead/gateway';
 *
 * try {
 *   readSettings({ FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1', FAIRLEAD_MAX_QUEUED: 'many' });
 * } catch (error) {
 *   if (error instanceof SettingsError) console.log(error.message.includes('"many"')); // true
 * }
 * ```
 */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  /** Stable, for programs; docs/errors/gateway.md describes it. */
  readonly code = 'ERR_GATEWAY_SETTINGS';

  /** Credentials in `message` are masked: messages with values end up in logs. */
  constructor(message: string, options?: ErrorOptions) {
    super(maskCredentials(message), options);
  }
}

/**
 * Calls a function that uses the value of a setting, so that its error names the setting and not only the library's option.
 *
 * @throws SettingsError with the variable before the message of the error, which is its cause.
 */
export function forSetting<T>(variable: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(`${variable} can't be used: ${message}`, { cause });
  }
}

/**
 * Like {@link forSetting}, for asynchronous functions.
 *
 * @throws SettingsError with the variable before the message of the error, which is its cause.
 */
export async function forSettingLater<T>(variable: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    return forSetting(variable, () => {
      throw cause;
    });
  }
}

import { maskCredentials } from '@fairlead/signature';

/** Settings that can't be used: each is named with its value and what it must be. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  /** Credentials in `message` are masked: the values are what others typed, and messages end up in logs. */
  constructor(message: string, options?: ErrorOptions) {
    super(maskCredentials(message), options);
  }
}

/**
 * Runs what a setting's value was handed to, so that a refusal names the setting and not just the library's option.
 *
 * @throws SettingsError with the variable in front of what was thrown, which is its cause.
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
 * As {@link forSetting}, of what takes its time.
 *
 * @throws SettingsError with the variable in front of what `use` rejected with, which is its cause.
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

/** Settings that can't be used: each is named with its value and what it must be. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Runs what a setting's value was handed to, so that a refusal names the setting and not just the library's option.
 *
 * @throws SettingsError with the variable in front of what was thrown, which is kept as its cause.
 */
export function forSetting<T>(variable: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(`${variable} can't be used: ${message}`, { cause });
  }
}

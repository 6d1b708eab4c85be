import { SettingsError } from './settings-error.ts';

/**
 * Loads code that needs an optional package, when a setting needs it.
 *
 * @throws SettingsError naming the setting and the command that installs the package.
 */
export async function importPeer<T>(
  variable: string,
  names: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw cause;
    throw new SettingsError(`${variable} needs ${names}: npm install ${names}`, { cause });
  }
}

import { closestName, describeValue, optionsProblem, type OptionNames } from '@fairlead/signature';
import { SettingsError } from './settings-error.ts';
import { settings as definitions } from './settings.ts';

/**
 * Rejects settings that `readSettings` didn't return or to which a misspelled one was added, and options with an unknown or missing
 * name; TypeScript does at compile time, JavaScript doesn't.
 *
 * @throws SettingsError naming the setting or the option.
 */
export function checkArguments<T extends object>(
  settings: unknown,
  options: T,
  names: OptionNames<T>,
): void {
  const wrong =
    settingsProblem(settings) ?? optionsProblem('createGateway: options', options, names);
  if (wrong !== undefined) throw new SettingsError(wrong);
}

function settingsProblem(settings: unknown): string | undefined {
  const expected = 'createGateway: settings: expected the result of readSettings(process.env)';
  if (typeof settings !== 'object' || settings === null) {
    return `${expected}, got ${describeValue(settings)}.`;
  }
  const known = Object.keys(definitions);
  const missing = known.filter((name) => !Object.hasOwn(settings, name));
  if (missing.length > 0) {
    return `${expected}; got an object without ${missing.slice(0, 3).join(', ')}. Environment variables are read by readSettings.`;
  }
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(definitions, name));
  if (unknown === undefined) return undefined;
  const meant = closestName(unknown, known);
  return `createGateway: settings: unknown setting ${describeValue(unknown)}.${meant === undefined ? '' : ` Did you mean \`${meant}\`?`}`;
}

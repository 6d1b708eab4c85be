import { DeployConfigError } from '../deploy-config-error.ts';
import { didYouMean } from '../did-you-mean.ts';
import {
  gunicornSettingKinds,
  type GunicornSettingName,
  type GunicornSettings,
} from './gunicorn-setting.ts';
import { serializePython, type PythonValue } from './python-value.ts';

const fits: Readonly<
  Record<(typeof gunicornSettingKinds)[GunicornSettingName], (value: unknown) => boolean>
> = {
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  string: (value) => value === null || typeof value === 'string',
  strings: (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
  dictionary: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

function isSettingName(name: string): name is GunicornSettingName {
  return Object.hasOwn(gunicornSettingKinds, name);
}

/**
 * Writes settings as a `gunicorn.conf.py`.
 *
 * @throws DeployConfigError `ERR_GUNICORN_SETTING` for a name that Gunicorn does not know or a value of another kind,
 * neither of which Gunicorn's check finds; `ERR_PYTHON_VALUE` for a value that Python cannot read back.
 *
 * @example
 * ```ts
 * import { serializeGunicorn } from '@fairlead/deploy-config';
 *
 * console.log(serializeGunicorn({ workers: 2 }).trim()); // workers = 2
 * ```
 */
export function serializeGunicorn(settings: GunicornSettings): string {
  let text = '';
  for (const [name, value] of Object.entries<PythonValue | undefined>(settings)) {
    if (value === undefined) continue;
    if (!isSettingName(name)) {
      throw new DeployConfigError(
        'ERR_GUNICORN_SETTING',
        `Gunicorn has no setting "${name}".${didYouMean(name, Object.keys(gunicornSettingKinds))}`,
      );
    }
    const kind = gunicornSettingKinds[name];
    if (!fits[kind](value)) {
      throw new DeployConfigError(
        'ERR_GUNICORN_SETTING',
        `Gunicorn's setting "${name}" is ${JSON.stringify(value)}, but expects a value of kind "${kind}".`,
      );
    }
    text += `${name} = ${serializePython(value)}\n`;
  }
  return text;
}

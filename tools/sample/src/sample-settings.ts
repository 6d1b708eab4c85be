import { resolve } from 'node:path';
import { SampleError } from './sample-error.ts';

/** How the sample application is started. */
export interface SampleSettings {
  /** `FAIRLEAD_PORT`: where Nginx listens; without it 8080, or a free port when that is taken. */
  readonly port: number | undefined;
  /** `FAIRLEAD_STATE`: folder of everything that the sample writes; `.fairlead/sample` by default. */
  readonly stateFolder: string;
}

/** What the starter itself reads, and what the set-up before it did. */
const KNOWN: ReadonlySet<string> = new Set(['FAIRLEAD_PORT', 'FAIRLEAD_STATE', 'FAIRLEAD_PYTHON']);

/**
 * Reads the settings of the starter, the only ones that it takes from the environment.
 *
 * @throws SampleError naming the variable, and its value where that is wrong.
 */
export function readSampleSettings(
  environment: Readonly<Record<string, string | undefined>>,
  root: string,
): SampleSettings {
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith('FAIRLEAD_') || KNOWN.has(variable)) continue;
    throw new SampleError(
      `${variable} is not a setting of the sample application; docs/settings.md lists them.`,
    );
  }
  const { FAIRLEAD_PORT: port, FAIRLEAD_STATE: state } = environment;
  if (
    port !== undefined &&
    !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)
  ) {
    throw new SampleError(`FAIRLEAD_PORT is "${port}"; it must be a port from 1 to 65535.`);
  }
  if (state === '')
    throw new SampleError('FAIRLEAD_STATE is empty; name a folder, or leave it out.');
  return {
    port: port === undefined ? undefined : Number(port),
    stateFolder: resolve(root, state ?? '.fairlead/sample'),
  };
}

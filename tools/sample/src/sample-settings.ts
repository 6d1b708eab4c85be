import { resolve } from 'node:path';
import { closestName } from '@fairlead/signature';
import { SampleError } from './sample-error.ts';

/** Settings of the sample application. */
export interface SampleSettings {
  /** `FAIRLEAD_PORT`: port of Nginx; without it 8080, or a free port when that is taken. */
  readonly port: number | undefined;
  /** `FAIRLEAD_GRPC_PORT`: port of Nginx for gRPC; without it 8081, or a free port when that is taken or `FAIRLEAD_PORT` is set. */
  readonly grpcPort: number | undefined;
  /** `FAIRLEAD_STATE`: folder of everything that the sample writes; `.fairlead/sample` by default. */
  readonly stateFolder: string;
  /** Other variables with the prefix, such as settings of a gateway; they have no effect. */
  readonly ignored: readonly string[];
}

/** Variables of the starter, and of the set-up before it. */
const KNOWN: ReadonlySet<string> = new Set([
  'FAIRLEAD_PORT',
  'FAIRLEAD_GRPC_PORT',
  'FAIRLEAD_STATE',
  'FAIRLEAD_PYTHON',
]);

/**
 * Reads the settings of the starter, the only ones that it takes from the environment.
 *
 * @throws SampleError with the name of the variable, and its value if that is invalid.
 */
export function readSampleSettings(
  environment: Readonly<Record<string, string | undefined>>,
  root: string,
): SampleSettings {
  const ignored = Object.keys(environment).filter(
    (variable) => variable.startsWith('FAIRLEAD_') && !KNOWN.has(variable),
  );
  for (const variable of ignored) {
    const meant = closestName(variable, KNOWN);
    if (meant === undefined) continue;
    throw new SampleError(
      `${variable} is not a setting of the sample application; did you mean ${meant}? docs/settings.md lists them.`,
    );
  }
  const { FAIRLEAD_STATE: state } = environment;
  const portOf = (variable: string): number | undefined => {
    const port = environment[variable];
    if (port === undefined) return undefined;
    if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535) return Number(port);
    throw new SampleError(`${variable} is "${port}"; it must be a port from 1 to 65535.`);
  };
  const [port, grpcPort] = [portOf('FAIRLEAD_PORT'), portOf('FAIRLEAD_GRPC_PORT')];
  if (port !== undefined && port === grpcPort) {
    throw new SampleError(
      `FAIRLEAD_PORT and FAIRLEAD_GRPC_PORT are both ${port}; HTTP/1.1 and HTTP/2 can't share a port without TLS.`,
    );
  }
  if (state === '')
    throw new SampleError('FAIRLEAD_STATE is empty; set it to a folder, or unset it.');
  return {
    port,
    grpcPort,
    stateFolder: resolve(root, state ?? '.fairlead/sample'),
    ignored,
  };
}

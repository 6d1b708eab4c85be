import { CliError } from '../../cli-error.ts';
import type { ProcessChoice } from '@fairlead/gateway';
import type { CommandContext } from '../../command-context.ts';

/** A gateway of one or several processes. */
export interface RunningGateway {
  /** Number of processes, with the reason unless it was given. */
  readonly processes: ProcessChoice;
  /** Settles when the first attempt to load each model has ended. */
  readonly loaded: Promise<void>;
  /** TCP port; undefined until it listens. */
  readonly port: () => number | undefined;
  readonly close: () => Promise<unknown>;
}

/**
 * Starts a gateway with these environment variables, in this process unless they ask for several.
 *
 * @throws CliError `ERR_CLI_USAGE` when a variable can't be used
 */
export async function startGateway(
  environment: Readonly<Record<string, string>>,
  { io }: Pick<CommandContext, 'io'>,
): Promise<RunningGateway> {
  const { createGateway, readSettings, SettingsError, startProcesses } =
    await import('@fairlead/gateway');
  const log = io.stderr;
  try {
    const settings = readSettings(environment);
    if (settings.processes !== 1) {
      const processes = startProcesses(environment, { log });
      return {
        processes: processes.choice,
        loaded: processes.loaded,
        port: () => processes.port,
        close: () => processes.close(),
      };
    }
    const gateway = await createGateway(settings, { log });
    return {
      processes: { count: 1 },
      loaded: gateway.loaded,
      port: () => {
        const bound = gateway.server.address();
        return typeof bound === 'object' ? bound?.port : undefined;
      },
      close: () => gateway.close(),
    };
  } catch (cause) {
    if (!(cause instanceof SettingsError)) throw cause;
    throw new CliError('ERR_CLI_USAGE', cause.message, { cause });
  }
}

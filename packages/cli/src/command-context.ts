import { CliError } from './cli-error.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { Output } from './output/output.ts';
import type { ProcessIo } from './process-io.ts';

/** Input and output of a run, for every command. */
export interface CommandContext {
  readonly io: ProcessIo;
  readonly environment: Environment;
  readonly output: Output;
}

/** Creates the context of one run of the command. */
export function createContext(io: ProcessIo): CommandContext {
  const environment = readEnvironment(io.env);
  return { io, environment, output: new Output(io, environment.noColor) };
}

/** Actor and reason of a change, for the history: `--actor`, else `FAIRLEAD_ACTOR`, else the name of the account. */
export function auditContext(
  { io, environment }: CommandContext,
  { actor, reason }: { readonly actor?: string | undefined; readonly reason?: string | undefined },
): { readonly actor: string; readonly reason?: string } {
  return {
    actor: actor ?? environment.actor ?? accountName(io),
    ...(reason !== undefined && { reason }),
  };
}

function accountName({ userName }: ProcessIo): string {
  try {
    return userName();
  } catch (cause) {
    // Containers run under numbers that have no name.
    throw new CliError(
      'ERR_CLI_USAGE',
      'this account has no name for the history: add --actor, or set FAIRLEAD_ACTOR',
      { cause },
    );
  }
}

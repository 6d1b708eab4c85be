import { CliError } from './cli-error.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { Output } from './output/output.ts';
import type { Surroundings } from './surroundings.ts';

/** What every command works with. */
export interface CommandContext {
  readonly surroundings: Surroundings;
  readonly environment: Environment;
  readonly output: Output;
}

/** Makes the context of one run of the command. */
export function createContext(surroundings: Surroundings): CommandContext {
  const environment = readEnvironment(surroundings.env);
  return { surroundings, environment, output: new Output(surroundings, environment.noColor) };
}

/** Who does something, and why, for the history: `--actor`, else `FAIRLEAD_ACTOR`, else the name of the account. */
export function deedOf(
  { surroundings, environment }: CommandContext,
  { actor, reason }: { readonly actor?: string | undefined; readonly reason?: string | undefined },
): { readonly actor: string; readonly reason?: string } {
  return {
    actor: actor ?? environment.actor ?? accountName(surroundings),
    ...(reason !== undefined && { reason }),
  };
}

function accountName({ userName }: Surroundings): string {
  try {
    return userName();
  } catch (cause) {
    // Containers run under numbers that have no name.
    throw new CliError(
      'ERR_CLI_USAGE',
      'this account has no name: say who does this with --actor, or set FAIRLEAD_ACTOR',
      { cause },
    );
  }
}

import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { confirm, notConfirmed } from '../confirm.ts';
import { hasTerminal, prompt } from '../prompt.ts';

/** Value of `--yes [environment]`. */
export type YesOption = string | true | undefined;

/** How a command names and confirms its environment. */
export interface EnvironmentConfirmation {
  readonly chosen: ChosenEnvironment;
  /** Argument of the command; `undefined` if it was left out. */
  readonly named: string | undefined;
  readonly yes: YesOption;
}

/** Returns the environment of `fairlead deploy --yes staging`, where the name follows the option. */
export function environmentNamed(argument: string | undefined, yes: YesOption): string | undefined {
  return argument ?? (typeof yes === 'string' ? yes : undefined);
}

/**
 * Requires confirmation of a change: `--yes`, or an answer on a terminal. That of a protected environment is its name, typed on the
 * terminal or in `--yes <environment>` beside the argument.
 *
 * @throws CliError `ERR_CLI_NOT_CONFIRMED`, `ERR_CLI_USAGE` when `--yes` names another environment
 */
export async function confirmEnvironment(
  context: CommandContext,
  { chosen, named, yes }: EnvironmentConfirmation,
  what: string,
): Promise<void> {
  const { name, environment } = chosen;
  if (typeof yes === 'string' && yes !== name) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `--yes names ${JSON.stringify(yes)}, and the environment is ${JSON.stringify(name)}: name the same one, or write the environment before --yes`,
    );
  }
  if (environment.protected !== true) {
    await confirm(context, { yes: yes === undefined ? undefined : true }, what);
    return;
  }
  if (yes === name && named !== undefined) return;
  if (yes !== undefined || !hasTerminal(context.io)) {
    throw new CliError(
      'ERR_CLI_NOT_CONFIRMED',
      `this would ${what}, and ${name} is protected: repeat with ${name} --yes ${name}, or without --yes at a terminal`,
    );
  }
  const question = `This will ${what}. ${name} is protected: type its name to continue: `;
  if ((await prompt(context.io, question)) !== name) throw notConfirmed();
}

/**
 * Requires confirmation of a change of a protected environment; another one needs none.
 *
 * @throws CliError `ERR_CLI_NOT_CONFIRMED`, `ERR_CLI_USAGE`
 */
export async function confirmProtected(
  context: CommandContext,
  confirmation: EnvironmentConfirmation,
  what: string,
): Promise<void> {
  const { yes, chosen } = confirmation;
  const isProtected = chosen.environment.protected === true;
  await confirmEnvironment(
    context,
    { ...confirmation, yes: isProtected ? yes : (yes ?? true) },
    what,
  );
}

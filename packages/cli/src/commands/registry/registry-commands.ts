import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../../command-context.ts';
import { addInitCommand } from './init-command.ts';

/** Adds `fairlead registry …`. */
export function addRegistryCommands(program: CommandUnknownOpts, context: CommandContext): void {
  const registry = program
    .command('registry')
    .description('the registry as a whole: make it, back it up, restore it');
  addInitCommand(registry, context);
}

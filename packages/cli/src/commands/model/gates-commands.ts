import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../../command-context.ts';
import { addGatesCheckCommand } from './gates-check-command.ts';
import { addGatesSetCommand } from './gates-set-command.ts';
import { addGatesShowCommand } from './gates-show-command.ts';

/** Adds `fairlead model gates …`. */
export function addGatesCommands(parent: CommandUnknownOpts, context: CommandContext): void {
  const gates = parent
    .command('gates')
    .description('gates: what a version has to pass before an alias may mean it');
  addGatesShowCommand(gates, context);
  addGatesSetCommand(gates, context);
  addGatesCheckCommand(gates, context);
}

import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../../command-context.ts';
import { addBackupCommand } from './backup-command.ts';
import { addDrillCommand } from './drill-command.ts';
import { addForwardCommand } from './forward-command.ts';
import { addInitCommand } from './init-command.ts';
import { addRestoreCommand } from './restore-command.ts';

/** Adds `fairlead registry …`. */
export function addRegistryCommands(program: CommandUnknownOpts, context: CommandContext): void {
  const registry = program
    .command('registry')
    .description('the registry as a whole: make it, back it up, restore it');
  addInitCommand(registry, context);
  addBackupCommand(registry, context);
  addRestoreCommand(registry, context);
  addDrillCommand(registry, context);
  addForwardCommand(registry, context);
}

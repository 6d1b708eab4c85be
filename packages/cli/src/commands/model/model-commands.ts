import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../../command-context.ts';
import { addApproveCommands } from './approve-command.ts';
import { addArchiveCommands } from './archive-command.ts';
import { addCompareCommand } from './compare-command.ts';
import { addDownloadCommand } from './download-command.ts';
import { addExportCommand } from './export-command.ts';
import { addImportCommand } from './import-command.ts';
import { addGatesCommands } from './gates-commands.ts';
import { addGcCommand } from './gc-command.ts';
import { addHistoryCommand } from './history-command.ts';
import { addListCommand } from './list-command.ts';
import { addMeasureCommand } from './measure-command.ts';
import { addNoteCommand } from './note-command.ts';
import { addParityCommand } from './parity-command.ts';
import { addPromoteCommand } from './promote-command.ts';
import { addPruneCommand } from './prune-command.ts';
import { addPushCommand } from './push-command.ts';
import { addRollbackCommand } from './rollback-command.ts';
import { addShowCommand } from './show-command.ts';
import { addSignCommand } from './sign-command.ts';
import { addTagCommand } from './tag-command.ts';
import { addVerifyCommand } from './verify-command.ts';
import { addWatchCommand } from './watch-command.ts';

/** Adds `fairlead model …`. */
export function addModelCommands(program: CommandUnknownOpts, context: CommandContext): void {
  const model = program
    .command('model')
    .description('models: push, guard, promote, roll back, tell their story');
  addPushCommand(model, context);
  addListCommand(model, context);
  addShowCommand(model, context);
  addHistoryCommand(model, context);
  addWatchCommand(model, context);
  addCompareCommand(model, context);
  addParityCommand(model, context);
  addPromoteCommand(model, context);
  addRollbackCommand(model, context);
  addGatesCommands(model, context);
  addApproveCommands(model, context);
  addTagCommand(model, context);
  addNoteCommand(model, context);
  addMeasureCommand(model, context);
  addSignCommand(model, context);
  addArchiveCommands(model, context);
  addVerifyCommand(model, context);
  addGcCommand(model, context);
  addPruneCommand(model, context);
  addDownloadCommand(model, context);
  addExportCommand(model, context);
  addImportCommand(model, context);
}

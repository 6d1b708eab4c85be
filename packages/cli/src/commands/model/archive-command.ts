import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../../command-context.ts';
import { addAuditedCommand } from './add-audited-command.ts';

/** Adds `fairlead model archive` and `unarchive`. */
export function addArchiveCommands(parent: CommandUnknownOpts, context: CommandContext): void {
  addAuditedCommand(parent, context, {
    name: 'archive',
    description: 'archive a version: no alias can be set to it any more',
    examples: [
      [
        'nobody shall serve it again',
        'fairlead model archive digits 2 -m "trained on wrong labels"',
      ],
    ],
    perform: (registry, model, version, audit) => registry.journal.archive(model, version, audit),
    done: (version) => `archived version ${version}`,
  });
  addAuditedCommand(parent, context, {
    name: 'unarchive',
    description: 'take a version back from the archive',
    examples: [['it was fine after all', 'fairlead model unarchive digits 2']],
    perform: (registry, model, version, audit) => registry.journal.unarchive(model, version, audit),
    done: (version) => `unarchived version ${version}`,
  });
}

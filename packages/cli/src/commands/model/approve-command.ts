import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../../command-context.ts';
import { addAuditedCommand } from './add-audited-command.ts';

/** Adds `fairlead model approve` and `disapprove`. */
export function addApproveCommands(parent: CommandUnknownOpts, context: CommandContext): void {
  addAuditedCommand(parent, context, {
    name: 'approve',
    description: "approve a version, for the gate approvedBy; who pushed it can't",
    examples: [
      ['for the gate "approvedBy 1"', 'fairlead model approve digits 3 -m "checked on our data"'],
    ],
    perform: (registry, model, version, audit) => registry.journal.approve(model, version, audit),
    done: (version) => `approved version ${version}`,
  });
  addAuditedCommand(parent, context, {
    name: 'disapprove',
    description: 'withdraw the approval that you gave',
    examples: [['take it back', 'fairlead model disapprove digits 3 -m "fails on blurred scans"']],
    perform: (registry, model, version, audit) =>
      registry.journal.withdrawApproval(model, version, audit),
    done: (version) => `withdrew the approval of version ${version}`,
  });
}

import type { CommandGroup } from '../../command-tree.ts';

const gatesCommands: CommandGroup = {
  name: 'gates',
  description: 'Manage gates: the conditions for pointing an alias to a version',
  commands: [
    {
      name: 'show',
      description: 'Show the gates of every alias of a model',
      load: async () => (await import('./gates-show-command.ts')).defineGatesShowCommand,
    },
    {
      name: 'set',
      description: 'Replace the gates of an alias',
      load: async () => (await import('./gates-set-command.ts')).defineGatesSetCommand,
    },
    {
      name: 'check',
      description: 'Evaluate the gates of an alias for a version, and change nothing',
      load: async () => (await import('./gates-check-command.ts')).defineGatesCheckCommand,
    },
  ],
};

/** `fairlead model …` */
export const modelCommands: CommandGroup = {
  name: 'model',
  description: 'Manage models: push, inspect, promote and roll back versions',
  commands: [
    {
      name: 'push',
      description: 'Validate a model and register it as a new version',
      load: async () => (await import('./push-command.ts')).definePushCommand,
    },
    {
      name: 'list',
      description: 'List the models of a registry with their aliases',
      load: async () => (await import('./list-command.ts')).defineListCommand,
    },
    {
      name: 'show',
      description: 'Show a model with its versions, or one version in detail',
      load: async () => (await import('./show-command.ts')).defineShowCommand,
    },
    {
      name: 'history',
      description: 'Show the history of a model: who changed what, when and why',
      load: async () => (await import('./history-command.ts')).defineHistoryCommand,
    },
    {
      name: 'watch',
      description: 'Print the version that an alias points to, and every change of it',
      load: async () => (await import('./watch-command.ts')).defineWatchCommand,
    },
    {
      name: 'compare',
      description: 'Compare two versions: metrics, signature, files, lineage, measurements',
      load: async () => (await import('./compare-command.ts')).defineCompareCommand,
    },
    {
      name: 'parity',
      description: 'Compare the outputs of a version with those of its original',
      load: async () => (await import('./parity-command.ts')).defineParityCommand,
    },
    {
      name: 'promote',
      description: 'Point an alias to a version, if the version passes the gates of the alias',
      load: async () => (await import('./promote-command.ts')).definePromoteCommand,
    },
    {
      name: 'rollback',
      description: 'Point an alias back to its previous version; repeat it to go further back',
      load: async () => (await import('./rollback-command.ts')).defineRollbackCommand,
    },
    gatesCommands,
    {
      name: 'approve',
      description:
        'Approve a version, for the gate approvedBy; the approver must differ from the pusher',
      load: async () => (await import('./approve-command.ts')).defineApproveCommand,
    },
    {
      name: 'disapprove',
      description: 'Withdraw your approval of a version',
      load: async () => (await import('./approve-command.ts')).defineDisapproveCommand,
    },
    {
      name: 'tag',
      description: 'Set or delete tags of a model or of a version',
      load: async () => (await import('./tag-command.ts')).defineTagCommand,
    },
    {
      name: 'note',
      description: 'Add a note to the history of a model or of a version',
      load: async () => (await import('./note-command.ts')).defineNoteCommand,
    },
    {
      name: 'measure',
      description: 'Record measurements of a version, such as p99Ms, for the gates',
      load: async () => (await import('./measure-command.ts')).defineMeasureCommand,
    },
    {
      name: 'sign',
      description: 'Sign a version with a private key',
      load: async () => (await import('./sign-command.ts')).defineSignCommand,
    },
    {
      name: 'archive',
      description: 'Archive a version: no alias can be pointed to it any more',
      load: async () => (await import('./archive-command.ts')).defineArchiveCommand,
    },
    {
      name: 'unarchive',
      description: 'Restore a version from the archive',
      load: async () => (await import('./archive-command.ts')).defineUnarchiveCommand,
    },
    {
      name: 'verify',
      description: 'Read every byte of the registry, and check every hash, chain and signature',
      load: async () => (await import('./verify-command.ts')).defineVerifyCommand,
    },
    {
      name: 'gc',
      description:
        'Remove files that no version refers to, of interrupted pushes and pruned versions',
      load: async () => (await import('./gc-command.ts')).defineGcCommand,
    },
    {
      name: 'prune',
      description: 'Prune old and archived versions; versions that an alias ever pointed to stay',
      load: async () => (await import('./prune-command.ts')).definePruneCommand,
    },
    {
      name: 'download',
      description: 'Download the files of a version into a new folder, and verify every byte',
      load: async () => (await import('./download-command.ts')).defineDownloadCommand,
    },
    {
      name: 'export',
      description:
        'Export models with all versions, aliases and history to a tar file or another registry',
      load: async () => (await import('./export-command.ts')).defineExportCommand,
    },
    {
      name: 'import',
      description: 'Import exported models; versions keep their numbers and history',
      load: async () => (await import('./import-command.ts')).defineImportCommand,
    },
  ],
};

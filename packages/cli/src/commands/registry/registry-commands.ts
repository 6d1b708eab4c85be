import type { CommandGroup } from '../../command-tree.ts';

/** `fairlead registry …` */
export const registryCommands: CommandGroup = {
  name: 'registry',
  description: 'Manage a registry: create, back up, restore, forward events',
  commands: [
    {
      name: 'init',
      description: 'Create the folder of a registry, or check that a bucket can hold one',
      load: async () => (await import('./init-command.ts')).defineInitCommand,
    },
    {
      name: 'backup',
      description: 'Back up a registry to a new tar file, or incrementally to a folder or a bucket',
      load: async () => (await import('./backup-command.ts')).defineBackupCommand,
    },
    {
      name: 'restore',
      description: 'Restore a backup to a new location, and verify every byte',
      load: async () => (await import('./restore-command.ts')).defineRestoreCommand,
    },
    {
      name: 'drill',
      description: 'Rehearse a restore: back up, restore elsewhere, compare every byte',
      load: async () => (await import('./drill-command.ts')).defineDrillCommand,
    },
    {
      name: 'forward',
      description: 'Forward registry events to webhooks, signed, until stopped',
      load: async () => (await import('./forward-command.ts')).defineForwardCommand,
    },
  ],
};

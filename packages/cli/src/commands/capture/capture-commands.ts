import type { CommandGroup } from '../../command-tree.ts';

/** `fairlead capture …` */
export const captureCommands: CommandGroup = {
  name: 'capture',
  description: 'Query, export and delete captured requests and labels',
  commands: [
    {
      name: 'query',
      description: 'Query captured requests and labels with SQL',
      load: async () => (await import('./query-command.ts')).defineCaptureQueryCommand,
    },
    {
      name: 'export',
      description: 'Export captured requests and labels to a file',
      load: async () => (await import('./export-command.ts')).defineCaptureExportCommand,
    },
    {
      name: 'ddl',
      description: 'Print the statements that make tables of them in Athena',
      load: async () => (await import('./ddl-command.ts')).defineCaptureDdlCommand,
    },
    {
      name: 'delete',
      description: 'Delete captured requests by id, or by the value of a column',
      load: async () => (await import('./delete-command.ts')).defineCaptureDeleteCommand,
    },
    {
      name: 'prune',
      description: 'Delete captured requests and labels by their age',
      load: async () => (await import('./prune-command.ts')).defineCapturePruneCommand,
    },
  ],
};

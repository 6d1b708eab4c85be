import type { CommandGroup } from '../../command-tree.ts';

/** `fairlead labels …` */
export const labelsCommands: CommandGroup = {
  name: 'labels',
  description: 'Add what was true for captured requests, which is often known later',
  commands: [
    {
      name: 'import',
      description: 'Import labels from a table in CSV or Parquet',
      load: async () => (await import('./import-command.ts')).defineLabelsImportCommand,
    },
  ],
};

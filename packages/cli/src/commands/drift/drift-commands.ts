import type { CommandGroup } from '../../command-tree.ts';

/** `fairlead drift …` */
export const driftCommands: CommandGroup = {
  name: 'drift',
  description: 'Compare what versions receive and answer with their training tables',
  commands: [
    {
      name: 'report',
      description: 'Report which features and outputs of a version have drifted, and how',
      load: async () => (await import('./report-command.ts')).defineDriftReportCommand,
    },
    {
      name: 'watch',
      description: 'Judge finished hours or days, and record drift in the history of the models',
      load: async () => (await import('./watch-command.ts')).defineDriftWatchCommand,
    },
  ],
};

import type { CommandGroup } from '../../command-tree.ts';

/** `fairlead rollout …` */
export const rolloutCommands: CommandGroup = {
  name: 'rollout',
  description: 'Move traffic to another version step by step, and judge it on the way',
  commands: [
    {
      name: 'start',
      description: 'Start a rollout: gateways give the candidate a share of the traffic',
      load: async () => (await import('./start-command.ts')).defineRolloutStartCommand,
    },
    {
      name: 'status',
      description: 'Show the state of a rollout, what was counted, and the verdict now',
      load: async () => (await import('./status-command.ts')).defineRolloutStatusCommand,
    },
    {
      name: 'list',
      description: 'List the last rollout of each model',
      load: async () => (await import('./list-command.ts')).defineRolloutListCommand,
    },
    {
      name: 'import',
      description: 'Import outcomes of users of an A/B test from a table in CSV or Parquet',
      load: async () => (await import('./import-command.ts')).defineRolloutImportCommand,
    },
    {
      name: 'pause',
      description: 'Keep the share as it is; a limit that is exceeded still ends the rollout',
      load: async () => (await import('./change-commands.ts')).defineRolloutPauseCommand,
    },
    {
      name: 'resume',
      description: 'Continue a paused rollout',
      load: async () => (await import('./change-commands.ts')).defineRolloutResumeCommand,
    },
    {
      name: 'promote',
      description: 'Promote the candidate now, through the gates, and end the rollout',
      load: async () => (await import('./promote-command.ts')).defineRolloutPromoteCommand,
    },
    {
      name: 'abort',
      description: 'End a rollout: the candidate gets no further request',
      load: async () => (await import('./change-commands.ts')).defineRolloutAbortCommand,
    },
    {
      name: 'report',
      description: 'Report a rollout as text, JSON or a page with pictures',
      load: async () => (await import('./report-command.ts')).defineRolloutReportCommand,
    },
  ],
};

import type { CommandGroup } from '../../command-tree.ts';

/** `fairlead retrain …` */
export const retrainCommands: CommandGroup = {
  name: 'retrain',
  description: 'Retrain a model on captured rows with labels, and move traffic to the candidate',
  commands: [
    {
      name: 'policy',
      description: 'Show or set when a model is retrained, how, and within which limits',
      load: async () => (await import('./policy-command.ts')).defineRetrainPolicyCommand,
    },
    {
      name: 'run',
      description: 'Retrain a model, or continue an attempt that was interrupted',
      load: async () => (await import('./run-command.ts')).defineRetrainRunCommand,
    },
    {
      name: 'status',
      description: 'Show whether a model is due, and the last attempts',
      load: async () => (await import('./status-command.ts')).defineRetrainStatusCommand,
    },
    {
      name: 'abort',
      description: 'End an attempt: its training is ended, and nothing further is pushed',
      load: async () => (await import('./abort-command.ts')).defineRetrainAbortCommand,
    },
  ],
};

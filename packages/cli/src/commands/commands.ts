import type { CommandEntry, CommandGroup } from '../command-tree.ts';
import { hostsCommands, releaseCommands, renderCommands } from './deploy-commands.ts';
import { keyCommands } from './key/key-commands.ts';
import { modelCommands } from './model/model-commands.ts';
import {
  captureCommands,
  dashboardCommands,
  driftCommands,
  labelsCommands,
  noticesCommands,
  performanceCommands,
} from './monitoring-commands.ts';
import { retrainCommands } from './retrain/retrain-commands.ts';
import { rolloutCommands } from './rollout/rollout-commands.ts';
import { registryCommands } from './registry/registry-commands.ts';

/** Every command of `fairlead`, in the order of its help. */
export const commands: readonly (CommandEntry | CommandGroup)[] = [
  {
    name: 'serve',
    description: 'Serve the models of a registry, or a model file, on this machine',
    load: async () => (await import('./serve/serve-command.ts')).defineServeCommand,
  },
  {
    name: 'init',
    description: 'Create a small project that trains, registers and serves a model',
    load: async () => (await import('./init/init-command.ts')).defineInitProjectCommand,
  },
  {
    name: 'doctor',
    description:
      'Check Node.js, ONNX Runtime, Nginx, processes, registry, keys, ports and clock of this machine',
    load: async () => (await import('./doctor/doctor-command.ts')).defineDoctorCommand,
  },
  modelCommands,
  registryCommands,
  keyCommands,
  renderCommands,
  {
    name: 'size',
    description: 'Measure a model, and recommend EC2 hosts with their cost for its traffic',
    load: async () => (await import('./size/size-command.ts')).defineSizeCommand,
  },
  releaseCommands,
  {
    name: 'plan',
    description:
      'Show what a deployment would change on hosts and in the stack, hand edits included',
    load: async () => (await import('./plan-command.ts')).definePlanEnvironmentCommand,
  },
  {
    name: 'deploy',
    description: 'Deploy a release to the hosts of an environment, and revert it if it fails',
    load: async () => (await import('./deploy-command.ts')).defineDeployCommand,
  },
  {
    name: 'check',
    description: 'Send the checks of a release through the load balancer, and record the result',
    load: async () => (await import('./check-command.ts')).defineCheckCommand,
  },
  {
    name: 'rollback',
    description: 'Return the hosts of an environment to the release before',
    load: async () => (await import('./rollback-command.ts')).defineRollbackCommand,
  },
  {
    name: 'restore',
    description: 'Bring lost hosts back from a release and their backup',
    load: async () => (await import('./restore-command.ts')).defineRestoreCommand,
  },
  {
    name: 'audit',
    description: 'Show who changed an environment, when, and with which result',
    load: async () => (await import('./audit-command.ts')).defineAuditCommand,
  },
  hostsCommands,
  noticesCommands,
  driftCommands,
  captureCommands,
  labelsCommands,
  performanceCommands,
  rolloutCommands,
  retrainCommands,
  dashboardCommands,
  {
    name: 'completion',
    description: 'Print the script that makes a shell complete fairlead',
    load: async () => (await import('./completion-command.ts')).defineCompletionCommand,
  },
  {
    name: '__complete',
    description: 'Print how a command line can be completed',
    hidden: true,
    load: async () => (await import('./completion-command.ts')).defineCompleteCommand,
  },
];

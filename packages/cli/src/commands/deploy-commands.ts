import type { CommandGroup } from '../command-tree.ts';

/** `fairlead render …` */
export const renderCommands: CommandGroup = {
  name: 'render',
  description: 'Write the files of a deployment, for a host or for containers',
  commands: [
    {
      name: 'host',
      description:
        'Write the configuration files of a host: Nginx, Gunicorn, systemd; fairlead render alone is the same',
      isDefault: true,
      load: async () => (await import('./render/host-command.ts')).defineRenderHostCommand,
    },
    {
      name: 'docker',
      description: 'Write Dockerfiles and a Compose file, with the configuration of their programs',
      load: async () => (await import('./render/docker-command.ts')).defineRenderDockerCommand,
    },
  ],
};

/** `fairlead release …` */
export const releaseCommands: CommandGroup = {
  name: 'release',
  description: 'Build releases for hosts, and inspect them',
  commands: [
    {
      name: 'build',
      description: 'Build the release of an environment: one archive for its hosts',
      load: async () => (await import('./release/build-command.ts')).defineBuildCommand,
    },
    {
      name: 'inspect',
      description: 'Verify a release, and show its parts, files, packages and signature',
      load: async () => (await import('./release/inspect-command.ts')).defineInspectCommand,
    },
    {
      name: 'list',
      description: 'List the releases in the release store of an environment',
      load: async () => (await import('./release/list-command.ts')).defineListCommand,
    },
  ],
};

/** `fairlead hosts …` */
export const hostsCommands: CommandGroup = {
  name: 'hosts',
  description: 'Prepare the hosts of an environment, and look at them',
  commands: [
    {
      name: 'prepare',
      description: 'Install the Debian packages that releases need, and copy files and registry',
      load: async () => (await import('./hosts/prepare-command.ts')).definePrepareCommand,
    },
    {
      name: 'sync',
      description: 'Copy changed files and new models of a registry in a folder to the hosts',
      load: async () => (await import('./hosts/sync-command.ts')).defineSyncCommand,
    },
    {
      name: 'status',
      description: 'Show the release, the releases before and the services of each host',
      load: async () => (await import('./hosts/status-command.ts')).defineStatusCommand,
    },
    {
      name: 'plan',
      description: 'Show what differs on each host from its release, hand edits included',
      load: async () => (await import('./hosts/plan-command.ts')).definePlanCommand,
    },
    {
      name: 'logs',
      description: 'Print the logs of the services of each host',
      load: async () => (await import('./hosts/logs-command.ts')).defineLogsCommand,
    },
    {
      name: 'exec',
      description: 'Run a program as root on each host',
      load: async () => (await import('./hosts/exec-command.ts')).defineExecCommand,
    },
  ],
};

import type { DeploymentInput } from '@fairlead/deploy-config';

// The command loads this library lazily, and lint then requires it everywhere.
const { hostLayout } = await import('@fairlead/deploy-config');

/** A host with systemd, in plain HTTP. */
export const hostDeployment: DeploymentInput = {
  target: { nginx: '1.22.1' },
  host: { cores: 2, memoryBytes: 4e9 },
  layout: hostLayout(),
  nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
  gateway: {
    listen: '127.0.0.1:3000',
    command: ['/usr/bin/node', '/srv/app/main.js'],
    service: { user: 'app', workingFolder: '/srv/app' },
  },
};

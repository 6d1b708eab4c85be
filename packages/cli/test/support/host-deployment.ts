import type { DeploymentInput } from '@fairlead/deploy-config';

// The command imports this library lazily, so lint forbids a static import of it elsewhere.
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

import { defineDeployment, type DeploymentInput } from '@fairlead/deploy-config';

/** Deployment behind a load balancer that terminates TLS. */
export const deploymentWith = (changes: Partial<DeploymentInput> = {}) =>
  defineDeployment({
    name: 'shop',
    target: { nginx: '1.22.1' },
    host: { cores: 2, memoryBytes: 8e9 },
    layout: 'host',
    nginx: {
      listen: { scheme: 'http', address: '0.0.0.0:8080' },
      publicScheme: 'https',
      trustedProxies: ['10.0.0.0/16'],
    },
    gateway: {
      command: ['/opt/shop/current/bin/node', '/opt/shop/current/gateway/dist/main.js'],
      service: { user: 'shop' },
    },
    ...changes,
  });

/** Deployment with the defaults of most options. */
export const deployment = deploymentWith();

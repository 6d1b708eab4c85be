import type { DeploymentInput } from '@fairlead/deploy-config';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

import { ContainerService, type ContainerServiceProps } from '@fairlead/deploy-cdk';

import { deploymentWith } from './sample-deployment.ts';

const registry = '111122223333.dkr.ecr.eu-central-1.amazonaws.com';

/** Image of a program by its digest. */
export const image = (program: string): string =>
  `${registry}/shop-${program}@sha256:${'ab'.repeat(32)}`;

/** Images of all programs. */
export const images = {
  gateway: image('gateway'),
  nginx: image('nginx'),
  flask: image('flask'),
};

/** Changes of the sample of hosts for tasks: Flask, secrets, and a registry in S3. */
export const ofContainers = {
  target: { nginx: '1.28.0' },
  host: { cores: 4, memoryBytes: 10 * 1024 ** 3 },
  timeouts: { requestMs: 20_000 },
  gateway: {
    command: ['/usr/bin/node', '/opt/main.js'],
    service: { user: 'shop', secretsFile: '/etc/shop/gateway.env' },
    environment: {
      FAIRLEAD_REGISTRY: 's3://acme-models/prod',
      FAIRLEAD_KEYS_FILE: '/etc/shop/keys.json',
      FAIRLEAD_STATE_FOLDER: '/var/lib/shop/records',
    },
  },
  flask: {
    app: 'app:create_app()',
    folder: '/opt/flask',
    gunicorn: '/opt/venv/bin/gunicorn',
    ...{ workers: 2, service: { user: 'shop-flask' } },
    environment: { FAIRLEAD_MODEL_FOLDER: '/app/models' },
  },
  secrets: [
    {
      name: 'pepper',
      from: { ssmParameter: '/shop/pepper' },
      path: '/etc/shop/gateway.env',
      variable: 'FAIRLEAD_PEPPER',
    },
    { name: 'keys', from: { secretsManager: 'shop/keys' }, path: '/etc/shop/keys.json' },
  ],
} as const satisfies Partial<DeploymentInput>;

/** Deployment of tasks. */
export const containerDeployment = deploymentWith(ofContainers);

/** Deployment of tasks whose gateway has these settings too. */
export const deploymentOf = (
  environment: Readonly<Record<string, string>>,
  more: Partial<DeploymentInput> = {},
) =>
  deploymentWith({
    ...ofContainers,
    gateway: {
      ...ofContainers.gateway,
      environment: { ...ofContainers.gateway.environment, ...environment },
    },
    ...more,
  });

/** Smallest properties of tasks, with changes. */
export const containerProps = (
  changes: Partial<ContainerServiceProps> = {},
): ContainerServiceProps => ({
  deployment: containerDeployment,
  containers: { images, max: 6 },
  balancer: { certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' },
  ...changes,
});

/** Tasks in a stack with an account and a region. */
export function containersIn(props: ContainerServiceProps) {
  const env = { account: '111122223333', region: 'eu-central-1' };
  const stack = new Stack(new App(), 'Shop', { env });
  return { stack, service: new ContainerService(stack, 'Service', props) };
}

/** Template of tasks. */
export const containerTemplate = (props: ContainerServiceProps): Template =>
  Template.fromStack(containersIn(props).stack);

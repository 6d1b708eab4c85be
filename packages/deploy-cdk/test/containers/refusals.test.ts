import { containerDeployment, containerSettings } from '@fairlead/deploy-config';
import { describe, expect, it } from 'vitest';

import { deploymentWith } from '../support/sample-deployment.ts';
import {
  containerProps,
  containersIn,
  image,
  images,
  ofContainers,
} from '../support/sample-containers.ts';

const environment = (settings: object) => ({
  gateway: {
    ...ofContainers.gateway,
    environment: { ...ofContainers.gateway.environment, ...settings },
  },
});

it('the container that writes secrets counts as memory of the task', () => {
  const taskMiB = 10 * 1024;
  const withGateway = (mebibytes: number) =>
    deploymentWith({
      ...ofContainers,
      gateway: { ...ofContainers.gateway, memoryBytes: mebibytes * 1024 ** 2 },
    });
  const others = containerSettings(containerDeployment(withGateway(1024)))
    .filter(({ program }) => program !== 'gateway')
    .reduce((sum, { memoryBytes }) => sum + Math.ceil(memoryBytes / 1024 ** 2), 0);
  const most = taskMiB - others - 128;
  const create = (mebibytes: number) =>
    containersIn(containerProps({ deployment: withGateway(mebibytes) }));
  expect(() => create(most)).not.toThrow();
  expect(() => create(most + 1)).toThrow('The containers need 10241 MiB, but a task');
});

describe('a deployment that needs a host', () => {
  it.each<readonly [string, object, string]>([
    [
      'a registry in a folder',
      environment({ FAIRLEAD_REGISTRY: '/var/lib/shop/registry' }),
      "a folder, which tasks don't share: use a bucket",
    ],
    [
      'jobs in a folder',
      environment({ FAIRLEAD_JOBS_FOLDER: '/var/lib/shop/jobs' }),
      'gateway.environment.FAIRLEAD_JOBS_FOLDER of the deployment is "/var/lib/shop/jobs", a folder, which tasks don\'t share: use FAIRLEAD_JOBS_QUEUE_URL',
    ],
    [
      'captured requests in a folder',
      environment({ FAIRLEAD_CAPTURE_LOCATION: '/var/lib/shop/captures' }),
      'gateway.environment.FAIRLEAD_CAPTURE_LOCATION of the deployment is "/var/lib/shop/captures", a folder, which ends with its task: use a bucket',
    ],
    [
      'a backup of a host',
      { backup: { to: 's3://acme-backups/hosts' } },
      'backup.to of the deployment is "s3://acme-backups/hosts", for state on a host, which tasks don\'t have: leave backup out',
    ],
    [
      'models in a folder',
      {
        flask: { ...ofContainers.flask, environment: { FAIRLEAD_MODEL_FOLDER: '/var/lib/models' } },
      },
      'put the models into the image, such as in /app/models',
    ],
    [
      'a file without secret',
      { secrets: ofContainers.secrets.slice(0, 1) },
      'the file /etc/shop/keys.json, which tasks lack: add a secret to secrets',
    ],
    [
      'a secret of hosts',
      {
        secrets: [
          { ...ofContainers.secrets[0], from: { file: '/root/pepper' } },
          ofContainers.secrets[1],
        ],
      },
      'The secret "pepper" of the deployment is a file of hosts',
    ],
    [
      'cores that Fargate lacks',
      { host: { cores: 3, memoryBytes: 10 * 1024 ** 3 } },
      'host.cores of the deployment is 3: Fargate offers 1, 2, 4, 8, 16',
    ],
    [
      'memory that Fargate lacks',
      { host: { cores: 4, memoryBytes: 40 * 1024 ** 3 } },
      'with 4 cores Fargate offers 8 to 30 GiB',
    ],
    [
      'a long stop',
      { timeouts: { requestMs: 200_000 }, keepAlive: { clientMs: 300_000, nginxMs: 310_000 } },
      'Fargate ends a task after 120000',
    ],
  ])('%s is refused with its fix', (_name, change, message) => {
    const given = deploymentWith({ ...ofContainers, ...change });
    expect(() => containersIn(containerProps({ deployment: given }))).toThrow(message);
  });
});

describe('an option that tasks do not have', () => {
  const containers = (change: object) => ({ containers: { images, ...change } });
  const ciRole = (permission: string) => ({
    ciRole: {
      github: { repository: 'acme/shop', environment: 'production' },
      permissions: [permission],
    },
  });

  it.each<readonly [object, string]>([
    [{ hosts: {} }, 'ContainerService: unknown option "hosts"'],
    [{ release: {} }, 'ContainerService: unknown option "release"'],
    [{ updates: {} }, 'ContainerService: unknown option "updates"'],
    [
      containers({ images: { ...images, gateway: 'shop:latest' } }),
      'Option containers.images.gateway is "shop:latest": expected an image of Amazon ECR with its digest',
    ],
    [
      containers({ images: { gateway: image('gateway'), nginx: image('nginx') } }),
      'Option containers.images.flask is not set',
    ],
    [
      containers({ min: 3, max: 2 }),
      'Option containers.max is 2: expected a whole number from 3 to 1000',
    ],
    [containers({ processor: 'arm' }), 'Option containers.processor is "arm"'],
    [containers({ cpuPercent: 60 }), 'containers: unknown option "cpuPercent"'],
    [
      containers({ modelLoadSeconds: 241 }),
      'Option containers.modelLoadSeconds is 241: expected a whole number from 0 to 240',
    ],
    [
      containers({ min: 2, max: 2, scaling: {} }),
      'containers.min and containers.max are both 2: raise containers.max',
    ],
    [
      containers({ scaling: { requestsPerSecond: 0 } }),
      'Option containers.scaling.requestsPerSecond is 0',
    ],
    [
      containers({ scaling: { predictive: 'scale' } }),
      'set containers.scaling.requestsPerSecond too',
    ],
    [
      containers({ scaling: { schedule: [{ cron: '0 7 1 * MON', min: 2 }] } }),
      'Option containers.scaling.schedule[0].cron is "0 7 1 * MON", with days of the month and of the week',
    ],
    [
      containers({ scaling: { schedule: [{ cron: '0 7 * * MO', min: 2 }] } }),
      'Option containers.scaling.schedule[0].cron is "0 7 * * MO": expected days of the week',
    ],
    [
      { storage: { releaseBucketName: 'acme-releases' } },
      "Option storage.releaseBucketName is of the bucket of releases, which tasks don't have",
    ],
    [{ storage: { commandPrefix: 'ssm' } }, 'Option storage.commandPrefix is of the bucket'],
    [
      { storage: { recoveryDays: { releases: 9 } } },
      'Option storage.recoveryDays.releases is of the bucket',
    ],
    [
      {
        storage: {
          replicas: { releases: { bucketArn: 'arn:aws:s3:::b', keyArn: 'arn:aws:kms:::key/1' } },
        },
      },
      'Option storage.replicas.releases',
    ],
    [
      { storage: {} },
      'Option storage creates the bucket "acme-models" of FAIRLEAD_REGISTRY in this stack: programs would start before it has a model',
    ],
    [{ queue: {} }, 'Option queue needs FAIRLEAD_JOBS_QUEUE_URL'],
    [{ cache: {} }, 'Option cache needs a secret of the deployment'],
    [{ watching: {} }, 'set FAIRLEAD_CLOUDWATCH_NAMESPACE in gateway.environment'],
    [{ backup: {} }, 'Option backup has nothing to back up: set storage'],
    [ciRole('hosts'), 'Option ciRole.permissions has "hosts", which is for hosts: use "images"'],
    [ciRole('releases'), 'Option ciRole.permissions has "releases", which is for hosts'],
  ])('%j is refused with its fix', (changes, message) => {
    expect(() => containersIn(containerProps(changes))).toThrow(
      expect.objectContaining({
        code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

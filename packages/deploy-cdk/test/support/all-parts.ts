import { App, BootstraplessSynthesizer, Stack, type IStackSynthesizer } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';

import { ModelService, type ModelServiceProps } from '@fairlead/deploy-cdk';
import type { DeploymentInput } from '@fairlead/deploy-config';

import { image } from './sample-containers.ts';
import { deploymentWith } from './sample-deployment.ts';
import { release } from './sample-stack.ts';

/** Region and account of moto. */
const here = 'us-east-1:123456789012';
const providerArn = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';
const github = { repository: 'acme/shop', environment: 'production' };
const certificateArn = 'arn:aws:acm:eu-central-1:111122223333:certificate/1234';
const keyArn = `arn:aws:kms:${here}:key/12345678-1234-1234-1234-123456789012`;

/** Deployment with metrics, notices, and a secret of each kind. */
function watchedDeployment(
  name: string,
  environment: Readonly<Record<string, string>>,
  more: Partial<DeploymentInput>,
) {
  const path = `/etc/${name}/gateway.env`;
  return deploymentWith({
    ...{ name, cloudWatch: {} },
    gateway: {
      command: ['/opt/shop/current/bin/node', 'main.js'],
      service: { user: 'shop', secretsFile: path },
      environment: {
        FAIRLEAD_STATE_FOLDER: '/var/lib/shop/state',
        FAIRLEAD_CLOUDWATCH_NAMESPACE: 'Shop',
        FAIRLEAD_NOTICE_TOPIC: `arn:aws:sns:${here}:${name}-alarms`,
        FAIRLEAD_MODELS: 'churn',
        ...environment,
      },
    },
    secrets: [
      { name: 'a', from: { ssmParameter: `/${name}/a` }, path, variable: 'A' },
      { name: 'b', from: { secretsManager: `${name}/b` }, path, variable: 'B' },
      {
        ...{ name: 'cache', from: { secretsManager: `${name}/cache` }, path },
        variable: 'FAIRLEAD_REDIS_URL',
      },
    ],
    ...more,
  });
}

/** Properties of both services. */
const common = {
  network: { maxAzs: 3 },
  balancer: { certificateArn },
  cache: {},
  watching: { emails: ['on-call@example.com'] },
  backup: {},
} satisfies Partial<ModelServiceProps>;

const hosts = {
  instanceType: 'm7g.large',
  image: { imageId: 'ami-0a1b2c3d4e5f67890', hasPackages: true },
} as const;

/** Everything in S3 and SQS, CloudFront with WAF, immutable updates, replicas. The group begins empty, because the registry in the same stack does. */
function storedProps(diskKey: Key): ModelServiceProps {
  const replica = (name: string) => ({ bucketArn: `arn:aws:s3:::${name}-replica`, keyArn });
  return {
    ...common,
    deployment: watchedDeployment(
      'shop',
      {
        FAIRLEAD_REGISTRY: 's3://acme-models/prod',
        FAIRLEAD_CAPTURE_LOCATION: 's3://acme-captures/prod',
        FAIRLEAD_JOBS_QUEUE_URL: `https://sqs.us-east-1.amazonaws.com/123456789012/shop-jobs`,
        FAIRLEAD_JOBS_BUCKET: 'acme-jobs',
      },
      { backup: { to: 's3://acme-backups/hosts' } },
    ),
    storage: {
      releaseBucketName: 'acme-releases',
      replicas: { registry: replica('acme-models'), releases: replica('acme-releases') },
      mayDelete: ['arn:aws:iam::123456789012:role/registry-maintenance'],
    },
    queue: {},
    edge: {
      distribution: {
        domainNames: ['models.example.com'],
        certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1234',
        cachedPaths: ['/docs/*'],
        originPrefixListId: 'pl-a3a144ca',
      },
    },
    ciRole: { github, permissions: ['stack', 'plan', 'releases', 'hosts', 'models'] },
    batch: { image: image('training') },
    hosts: {
      ...{ ...hosts, diskKey, min: 0, max: 12 },
      scaling: {
        requestsPerSecond: 180,
        schedule: [{ cron: '0 7 * * MON-FRI', min: 4 }],
        predictive: 'forecast',
      },
    },
    release: { bucket: 'acme-shop-releases', release, keyArn },
  };
}

/** State in folders of hosts, gRPC, which CloudFront has not, WAF at the load balancer, updates in place. */
function grpcProps(): ModelServiceProps {
  return {
    ...common,
    deployment: watchedDeployment(
      'shop-grpc',
      { FAIRLEAD_REGISTRY: '/var/lib/shop/registry' },
      { grpc: { address: '0.0.0.0:8081' } },
    ),
    edge: { firewall: {} },
    ciRole: { github, providerArn, permissions: ['hosts'] },
    hosts,
    updates: { kind: 'inPlace', parameter: '/shop/release' },
    release: { bucket: 'acme-shop-releases', keyArn },
  };
}

function createAll() {
  const before = process.cpuUsage();
  const synthesizer = new BootstraplessSynthesizer() as IStackSynthesizer;
  const stack = new Stack(new App(), 'Shop', { synthesizer });
  const diskKey = new Key(stack, 'Disks', { enableKeyRotation: true });
  const service = new ModelService(stack, 'Service', storedProps(diskKey));
  const grpc = new ModelService(stack, 'Grpc', grpcProps());
  const template = Template.fromStack(stack);
  const { user, system } = process.cpuUsage(before);
  return { stack, service, grpc, template, synthSeconds: (user + system) / 1e6 };
}

let all: ReturnType<typeof createAll> | undefined;

/**
 * A stack without account and region that has every part of a `ModelService`, in two services, because gRPC excludes CloudFront. It is synthesized once for the
 * tests of a process; `synthSeconds` is the processor time of it.
 */
export function allParts(): ReturnType<typeof createAll> {
  return (all ??= createAll());
}

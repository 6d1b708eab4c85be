import { defineDeployment, type DeploymentInput } from '@fairlead/deploy-config';

/** Deployment of hosts that store everything in S3, with jobs in SQS and metrics in CloudWatch. */
export function storedDeployment(
  environment: Readonly<Record<string, string>> = {},
  more: Partial<DeploymentInput> = {},
) {
  return defineDeployment({
    name: 'shop',
    target: { nginx: '1.22.1' },
    host: { cores: 2, memoryBytes: 4e9 },
    layout: 'host',
    nginx: {
      listen: { scheme: 'http', address: '0.0.0.0:8080' },
      publicScheme: 'https',
      trustedProxies: ['10.0.0.0/16'],
    },
    gateway: {
      command: ['/opt/shop/current/bin/node', '/opt/shop/current/gateway/dist/main.js'],
      service: { user: 'shop' },
      environment: {
        FAIRLEAD_REGISTRY: 's3://acme-models/prod',
        FAIRLEAD_STATE_FOLDER: '/var/lib/shop/state',
        FAIRLEAD_CAPTURE_LOCATION: 's3://acme-captures/prod',
        FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs',
        FAIRLEAD_JOBS_BUCKET: 'acme-jobs',
        FAIRLEAD_CLOUDWATCH_NAMESPACE: 'Shop',
        ...environment,
      },
    },
    backup: { to: 's3://acme-backups/hosts' },
    cloudWatch: {},
    ...more,
  });
}

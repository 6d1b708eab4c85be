/** Text of `fairlead.config.ts` of a project with pipelines: staging and production on AWS, from one base. */
export function ciConfig(name: string): string {
  return `import { defineDeployment, defineEnvironments } from '@fairlead/deploy-config';

/** The configuration files of a host, the same ones in staging and production. \`npm run render\` writes them, to read them. */
export const deployment = defineDeployment({
  target: { nginx: '1.22.1' }, // nginx -v; Debian 12
  host: { cores: 2, memoryBytes: 4e9 },
  layout: 'host',
  nginx: {
    // The load balancer has the certificate.
    listen: { scheme: 'http', address: '0.0.0.0:80' },
    publicScheme: 'https',
    trustedProxies: ['10.0.0.0/16'], // networks of the load balancer
  },
  gateway: {
    command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
    service: { user: 'fairlead', secretsFile: '/etc/fairlead/gateway.env' },
    environment: {
      FAIRLEAD_REGISTRY: 's3://acme-models/shop', // staging and production serve the models of one registry
      FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
      FAIRLEAD_STATE_FOLDER: '/var/lib/fairlead/records', // counts of requests wait there, for drift reports
    },
  },
  // Each host reads these itself, from SSM Parameter Store of the account of its environment.
  secrets: [
    secret('pepper', '/etc/fairlead/gateway.env', 'FAIRLEAD_PEPPER'),
    secret('keys', '/etc/fairlead/keys.json'),
    secret('check-key', '/etc/fairlead/check.key'),
  ],
});

function secret(name: string, path: string, variable?: string) {
  const from = { ssmParameter: \`/${name}/\${name}\` };
  return { name, from, path, ...(variable !== undefined && { variable }) };
}

/** Settings of both environments: releases are built once, for both. */
const base = {
  release: {
    entry: 'service.ts',
    platform: 'linux-x64', // linux-arm64 for Graviton
    checks: [
      {
        path: '/v2/models/house-price/infer',
        body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [80, 3] }] },
        // The prediction of train.ts: a release is activated only on a host that answers so.
        expected: { outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [305.024] }] },
      },
    ],
    checkKeyFile: '/etc/fairlead/check.key',
  },
  ssm: { bucket: 'acme-deploy' },
  releaseStore: 's3://acme-deploy/releases', // releases, what has passed where, and the audit log
} as const;

export const environments = defineEnvironments(base, {
  staging: {
    hosts: ['ssm://i-0123456789abcdef0'],
    url: 'https://staging.models.example.com',
  },
  production: {
    // Or the instances of a group: { autoScalingGroup: 'shop' }
    hosts: ['ssm://i-0123456789abcdef1', 'ssm://i-0123456789abcdef2'],
    balancer: {
      kind: 'target-group',
      arn: 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop/0123456789abcdef',
    },
    url: 'https://models.example.com',
    promoteFrom: 'staging', // a release that has passed staging, byte for byte
    protected: true, // a change needs the name: fairlead deploy production --yes production
  },
});
`;
}

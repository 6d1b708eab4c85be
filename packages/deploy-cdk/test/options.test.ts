import { expect, it } from 'vitest';

import { deploymentWith } from './support/sample-deployment.ts';
import { isolatedProps, propsWith, release, serviceWith } from './support/sample-stack.ts';

const base = propsWith();
const nginx = {
  listen: { scheme: 'http', address: '0.0.0.0:8080' },
  publicScheme: 'https',
  trustedProxies: ['10.0.0.0/16'],
} as const;
const hosts = (changes: object) => ({ hosts: { instanceType: 'm7g.large', ...changes } });
const scaling = (changes: object) => hosts({ scaling: changes });
const balancer = (changes: object) => ({ balancer: { ...base.balancer, ...changes } });
const updates = (changes: object) => ({ updates: { kind: 'immutable', ...changes } });
const ofRelease = (changes: object) => ({
  release: { bucket: 'acme', release: { ...release, ...changes } },
});

const cases: [changes: object, message: string][] = [
  [{ netwrk: {} }, 'Did you mean `network`?'],
  [{ hosts: undefined }, 'option hosts is missing'],
  [{ network: { natGateways: 1 } }, 'network: unknown option "natGateways"'],
  [{ network: { maxAzs: 1 } }, 'Option network.maxAzs is 1: expected a whole number from 2 to 6'],
  [{ network: { cidr: '10.0.0.0/24' } }, 'Option network.cidr is "10.0.0.0/24"'],
  [
    { network: { internetAccess: 'yes' } },
    'network.internetAccess is "yes": expected one of "none", "nat"',
  ],
  [
    { network: { flowLogDays: 31 } },
    'Option network.flowLogDays is 31: CloudWatch Logs offers 1, 3, 5',
  ],
  [{ network: {} }, "Hosts can't install Nginx"],
  [hosts({ instanceType: 'large' }), 'Option hosts.instanceType is "large"'],
  [hosts({ min: 5, max: 4 }), 'Option hosts.max is 4: expected a whole number from 5'],
  [hosts({ min: 1.5 }), 'Option hosts.min is 1.5'],
  [hosts({ diskGb: 5 }), 'Option hosts.diskGb is 5'],
  [hosts({ modelLoadSeconds: -1 }), 'Option hosts.modelLoadSeconds is -1'],
  [hosts({ firstBootMinutes: 1 }), 'Option hosts.firstBootMinutes is 1'],
  [hosts({ image: { imageId: 'debian' } }), 'Option hosts.image.imageId is "debian"'],
  [hosts({ image: { imageId: 'ami-0a1b2c3d', ssmParameter: '/a' } }), 'both name an image'],
  [hosts({ image: { ami: 'x' } }), 'hosts.image: unknown option "ami"'],
  [scaling({ requestsPerSecond: 0 }), 'Option hosts.scaling.requestsPerSecond is 0'],
  [scaling({ predictive: 'forecast' }), 'set hosts.scaling.requestsPerSecond too'],
  [scaling({ requestsPerSecond: 1, predictive: true }), 'hosts.scaling.predictive is true'],
  [scaling({ schedule: [{ cron: '7 AM', min: 1 }] }), 'hosts.scaling.schedule[0].cron is "7 AM"'],
  [
    scaling({ schedule: [{ cron: '0 7 * * *', timeZone: 'CET/Berlin', min: 1 }] }),
    'schedule[0].timeZone is "CET/Berlin"',
  ],
  [scaling({ schedule: [{ cron: '0 7 * * *', min: 3, max: 2 }] }), 'schedule[0].max is 2'],
  [
    balancer({ certificateArn: 'shop.example.com' }),
    'Option balancer.certificateArn is "shop.example.com"',
  ],
  [balancer({ clientNetworks: ['office'] }), 'Option balancer.clientNetworks has "office"'],
  [balancer({ minTls: '1.1' }), 'Option balancer.minTls is "1.1": expected one of "1.2", "1.3"'],
  [balancer({ accessLogDays: 0 }), 'Option balancer.accessLogDays is 0'],
  [balancer({ healthCheckSeconds: 1 }), 'Option balancer.healthCheckSeconds is 1'],
  [{ updates: { kind: 'blueGreen' } }, `Option updates.kind is "blueGreen": expected 'immutable'`],
  [
    updates({ checkpointPercentages: [50, 10, 100] }),
    'Option updates.checkpointPercentages is [50,10,100]',
  ],
  [updates({ checkpointPercentages: [10, 50] }), 'that end with 100'],
  [updates({ checkpointMinutes: 0 }), 'Option updates.checkpointMinutes is 0'],
  [updates({ bakeMinutes: 3000 }), 'Option updates.bakeMinutes is 3000'],
  [updates({ alarms: [] }), 'Option updates.alarms has 0 alarms'],
  [{ updates: { kind: 'inPlace', parameter: 'release' } }, 'Option updates.parameter is "release"'],
  [
    { updates: { kind: 'inPlace', parameter: '/shop/release' } },
    'but with updates in place the parameter /shop/release does',
  ],
  [{ release: { bucket: 'acme' } }, 'Option release.release is missing'],
  [{ release: { bucket: 'acme', prefix: 'shop', release } }, 'Option release.prefix is "shop"'],
  [
    { storage: { releaseBucketName: 'acme-shop-releases' } },
    'which this stack creates: hosts would start before it has the archive',
  ],
  [ofRelease({ name: 'search' }), 'The release is of the deployment "search", not of "shop"'],
  [
    ofRelease({ platform: 'linux-x64' }),
    'The release is for linux-x64, but hosts.instanceType is linux-arm64',
  ],
  [ofRelease({ goldenChecks: 0 }), 'build it with checks of golden examples'],
];

const withNginx = (changes: object) => ({
  deployment: deploymentWith({ nginx: { ...nginx, ...changes } }),
});
const deployments: [changes: object, message: string][] = [
  [
    withNginx({ listen: { scheme: 'http', address: '127.0.0.1:8080' } }),
    'an address within the host',
  ],
  [withNginx({ publicScheme: 'http' }), "set it to 'https'"],
  [
    withNginx({ trustedProxies: ['192.168.0.0/16'] }),
    'add "10.0.0.0/16", the network of the load balancer',
  ],
  [withNginx({ healthPaths: ['/v2/health/live'] }), 'add "/v2/health/ready"'],
  [
    { deployment: deploymentWith({ timeouts: { requestMs: 70_000 } }) },
    'keepAlive.clientMs of the deployment is 60000',
  ],
  [
    { deployment: deploymentWith({ target: { nginx: '1.24.0' } }) },
    'target.nginx of the deployment is 1.24.0',
  ],
];

it.each([...cases, ...deployments])('rejects %j', (changes, message) => {
  const props = { ...base, ...changes };
  expect(() => serviceWith(props)).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('rejects options of a new network for one that exists', () => {
  const { service } = serviceWith(isolatedProps());
  const network = { vpc: service.network.vpc, maxAzs: 3 };
  expect(() => serviceWith(propsWith({ network }))).toThrow(/network.maxAzs is of a new VPC/);
});

import { join } from 'node:path';

import { defineDeployment, type Deployment } from '@fairlead/deploy-config';

import { buildRelease, type BuildReleaseOptions, type BuiltRelease } from '../../src/index.ts';
import { thisPlatform } from '../../src/platform.ts';

const root = join(import.meta.dirname, '../../../..');

/** Module of the sample application. */
const sampleEntry = join(root, 'apps/gateway/src/main.ts');

/** The smallest deployment of a host. */
export const sampleDeployment: Deployment = defineDeployment({
  target: { nginx: '1.22.1' },
  host: { cores: 2, memoryBytes: 4e9 },
  layout: 'host',
  nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
  gateway: {
    command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
    service: { user: 'fairlead' },
    environment: { FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry' },
  },
});

/** Builds a release of the sample application, from sources. */
export function buildSample(
  out: string,
  change: Partial<BuildReleaseOptions> = {},
): Promise<BuiltRelease> {
  return buildRelease({
    deployment: sampleDeployment,
    entry: sampleEntry,
    platform: thisPlatform() ?? 'linux-x64',
    conditions: ['@fairlead/source'],
    out,
    ...change,
  });
}

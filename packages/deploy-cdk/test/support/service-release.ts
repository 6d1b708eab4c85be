import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { buildRelease, type BuiltRelease } from '@fairlead/deploy';
import { temporaryFolder } from '@fairlead/test-support';

import { deploymentWith } from './sample-deployment.ts';

/** A release of a service that answers every POST with `outputs`, and with `status` every GET but those of its health. */
export interface ServiceReleaseOptions {
  /** Value of `outputs` in its answers. @defaultValue `1`, which its golden prediction expects */
  readonly outputs?: number;
  /** Status of other GETs. @defaultValue `200` */
  readonly status?: number;
  /** Text that makes the release another one. */
  readonly text: string;
}

/** Deployment of hosts in the network of a fleet. */
export const fleetDeployment = deploymentWith({
  host: { cores: 2, memoryBytes: 8e9, automaticUpdates: false },
  nginx: {
    listen: { scheme: 'http', address: '0.0.0.0:8080' },
    publicScheme: 'https',
    trustedProxies: ['10.77.0.0/16'],
  },
  gateway: {
    command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
    service: { user: 'shop' },
  },
});

/** Builds a release of a service for this machine. */
export async function buildServiceRelease({
  outputs = 1,
  status = 200,
  text,
}: ServiceReleaseOptions): Promise<BuiltRelease> {
  const folder = temporaryFolder();
  const entry = join(folder, 'main.ts');
  writeFileSync(
    entry,
    `import http from 'node:http';
const server = http.createServer((request, response) => {
  request.resume();
  const isOther = request.method === 'GET' && !request.url.startsWith('/v2/health/');
  response.statusCode = isOther ? ${status} : 200;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ outputs: [${outputs}], text: ${JSON.stringify(text)} }));
});
server.listen({ fd: 3 });
process.on('SIGTERM', () => server.close());
`,
  );
  return buildRelease({
    deployment: fleetDeployment,
    entry,
    platform: process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64',
    out: folder,
    checks: [{ path: '/v2/models/m/infer', body: {}, expected: { outputs: [1] } }],
    readyTimeoutMs: 15_000,
  });
}

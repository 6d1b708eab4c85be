import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defineDeployment, type DeploymentInput } from '@fairlead/deploy-config';

import { afterAll } from 'vitest';

import { buildRelease, type BuildReleaseOptions, type BuiltRelease } from '../../src/index.ts';
import { thisPlatform } from '../../src/platform.ts';

const folders: string[] = [];

// Of each test file that imports this module.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Deployment of a small service on a host, behind Nginx. */
export const serviceInput = {
  target: { nginx: '1.22.1' },
  host: { cores: 2, memoryBytes: 4e9, automaticUpdates: false },
  layout: 'host',
  timeouts: { requestMs: 4_000, marginMs: 1_000 },
  nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
  gateway: {
    command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
    service: { user: 'fairlead' },
  },
} as const satisfies DeploymentInput;

/** A release of a service that answers with its version. */
export interface ServiceOptions {
  readonly version: number;
  /** Statements that run before the service listens. */
  readonly before?: string;
  /** Value of `outputs` in its answers; default: the version. */
  readonly outputs?: string;
  readonly deployment?: Partial<DeploymentInput>;
  readonly options?: Partial<BuildReleaseOptions>;
}

/** Builds a release of a service that answers `{ version, outputs }` on its inherited socket. */
export async function buildService({
  version,
  before = '',
  outputs = String(version),
  deployment = {},
  options = {},
}: ServiceOptions): Promise<BuiltRelease> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-service-'));
  folders.push(folder);
  const entry = join(folder, 'main.ts');
  writeFileSync(
    entry,
    `import http from 'node:http';
import net from 'node:net';
${before}
let isEnding = false;
const server = http.createServer((request, response) => {
  request.resume();
  if (isEnding) response.setHeader('connection', 'close');
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ version: ${version}, outputs: [${outputs}] }));
});
server.listen({ fd: 3 });
process.on('SIGTERM', () => {
  isEnding = true;
  // Not that of node:http, which closes connections whose request is on its way.
  net.Server.prototype.close.call(server);
  setTimeout(() => server.closeIdleConnections(), 500);
});
`,
  );
  return buildRelease({
    deployment: defineDeployment({ ...serviceInput, ...deployment }),
    entry,
    platform: thisPlatform() ?? 'linux-x64',
    out: folder,
    checks: [{ path: '/v2/models/m/infer', body: {}, expected: { outputs: [version] } }],
    readyTimeoutMs: 15_000,
    ...options,
  });
}

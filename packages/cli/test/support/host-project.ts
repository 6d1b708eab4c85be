import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

// After all tests of a file: esbuild works in the folder of the first build.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Settings of a project for hosts. */
export interface HostProjectOptions {
  /** Text of the hosts and further settings of the environment, in TypeScript. */
  readonly environment: string;
  /** Version that the service answers with. @defaultValue 1 */
  readonly version?: number;
  /** Statements of the service before it listens. */
  readonly before?: string;
}

/** Program of a small service, which answers with its version on the socket of systemd. */
function serviceProgram(version: number, before = ''): string {
  return `import http from 'node:http';
${before}
const server = http.createServer((request, response) => {
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ version: ${version}, outputs: [${version}] }));
});
server.listen({ fd: 3 });
process.on('SIGTERM', () => server.close());
`;
}

/** Creates a project with a configuration and a small service, in a folder where the packages resolve. */
export function hostProject({ environment, version = 1, before }: HostProjectOptions): string {
  const folder = mkdtempSync(join(import.meta.dirname, '.hosts-'));
  folders.push(folder);
  writeFileSync(join(folder, 'service.ts'), serviceProgram(version, before));
  writeFileSync(
    join(folder, 'fairlead.config.ts'),
    `import { defineDeployment, defineEnvironments } from '@fairlead/deploy-config';

export const deployment = defineDeployment({
  target: { nginx: '1.22.1' },
  host: { cores: 2, memoryBytes: 4e9 },
  layout: 'host',
  timeouts: { requestMs: 4_000, marginMs: 1_000 },
  nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
  gateway: {
    command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
    service: { user: 'fairlead' },
  },
});

export const environments = defineEnvironments({
  production: {
    ${environment},
    release: {
      entry: 'service.ts',
      checks: [{ path: '/v2/models/m/infer', body: {}, expected: { outputs: [${version}] } }],
      readyTimeoutMs: 15_000,
    },
  },
});
`,
  );
  return folder;
}

import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { temporaryFolder } from '@fairlead/test-support';
import {
  defineDeployment,
  renderNginx,
  type DeploymentInput,
  type NginxInput,
} from '../../src/index.ts';
import { folderInput } from './sample-deployment.ts';
import { startNginx } from './start-nginx.ts';

interface SampleNginxOptions {
  /** Listens on this port of loopback instead of on a Unix socket. */
  readonly port?: number;
  readonly nginx?: Partial<NginxInput>;
  readonly input?: Partial<DeploymentInput>;
  /** Upstream of Nginx; without it, no server listens. */
  readonly gateway?: RequestListener;
}

/** Listens on a Unix socket until the test ends. */
export async function listenOn(path: string, listener: RequestListener): Promise<void> {
  const server = createServer({ keepAliveTimeout: 75_000 }, listener).listen(path);
  await once(server, 'listening');
  // Nginx's workers have another account where root starts it.
  chmodSync(path, 0o666);
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
}

/** A real Nginx with a real Node server behind it. */
export async function startSampleNginx(options: SampleNginxOptions = {}) {
  const { port, nginx, input, gateway } = options;
  const folder = temporaryFolder();
  const socketPath = join(folder, 'edge');
  const sample = folderInput(folder);
  const deployment = defineDeployment({
    ...sample,
    ...input,
    nginx: {
      ...sample.nginx,
      listen: {
        scheme: 'http',
        address: port === undefined ? `unix:${socketPath}` : `127.0.0.1:${port}`,
      },
      ...nginx,
    },
  });
  const address = port === undefined ? { path: socketPath } : { host: '127.0.0.1', port };
  const running = await startNginx({ deployment, file: renderNginx(deployment), address });
  if (gateway) await listenOn(join(folder, 'run/gateway.sock'), gateway);
  return { folder, socketPath, deployment, nginx: running };
}

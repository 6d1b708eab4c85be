import { fileURLToPath } from 'node:url';
import { freePort, httpCall, type HttpResponse } from '@fairlead/test-support';
import { Child } from '../../src/child.ts';
import { openDemoSecrets } from '../../src/demo-secrets.ts';
import { preparePrograms } from '../../src/programs.ts';
import type { StateFolder } from '../../src/state-folder.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** The gateway of the sample application; Nginx and Flask don't run. */
export interface ServedGateway {
  /** Sends a request with the key of the sample. */
  call(path: string, body: unknown): Promise<HttpResponse>;
  /** Stops the gateway and starts it again, with further variables. */
  restart(environment?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

/** Starts the gateway with the settings of the sample, and further variables. */
export async function serveGateway(
  state: StateFolder,
  environment: Readonly<Record<string, string>>,
): Promise<ServedGateway> {
  const secrets = openDemoSecrets(state);
  const host = {
    ...{ cores: 2, memoryBytes: 4 * 2 ** 30, openFiles: 65_536 },
    ...{ nginx: '1.22.1', openssl: '3.0.0', port: await freePort(), grpcPort: await freePort() },
  };
  const { gateway, gatewaySocket } = await preparePrograms(root, state, host, secrets);
  const start = async (more: Readonly<Record<string, string>>): Promise<Child> => {
    const variables = { ...gateway.environment, ...environment, ...more };
    const started = new Child({ ...gateway, environment: variables }, state.logs);
    const ended = started.ended.then((how) => {
      throw new Error(`the gateway has ended (${how}):\n${started.lastLines()}`);
    });
    await Promise.race([started.ready, ended]);
    ended.catch(() => undefined);
    return started;
  };
  let child = await start({});
  return {
    call: (path, body) => {
      const headers = { authorization: `Bearer ${secrets.key}` };
      return httpCall({ socketPath: gatewaySocket }, path, { body, headers });
    },
    async restart(more = {}) {
      await child.stop(60_000);
      child = await start(more);
    },
    async close() {
      await child.stop(60_000);
      for (const socket of gateway.sockets ?? []) socket.close();
    },
  };
}

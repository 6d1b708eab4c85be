import {
  httpCall,
  until,
  type HttpAddress,
  type HttpRequest,
  type HttpResponse,
} from '@fairlead/test-support';
import { onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../src/create-gateway.ts';
import { readSettings } from '../../src/settings/read-settings.ts';

/** A gateway in this process. */
export interface StartedGateway {
  readonly gateway: Gateway;
  readonly address: HttpAddress;
  /** Lines of its log. */
  readonly logs: readonly string[];
  /** The log line with this message, as soon as there is one. */
  readonly logged: (message: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly call: (path: string, request?: HttpRequest) => Promise<HttpResponse>;
}

/**
 * Starts a gateway on a free port of this process, without a warm-up and without keys unless the variables name a keys file, and waits until its models
 * are loaded; it is closed when the test ends.
 */
export async function startGateway(
  variables: Readonly<Record<string, string>>,
): Promise<StartedGateway> {
  const logs: string[] = [];
  const settings = readSettings({
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_POLL_INTERVAL_MS: '20',
    FAIRLEAD_WARM_UP_MS: '0',
    ...(variables.FAIRLEAD_KEYS_FILE === undefined && { FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1' }),
    ...variables,
  });
  const gateway = await createGateway(settings, { log: { write: (line) => logs.push(line) } });
  onTestFinished(async () => {
    await gateway.close();
  });
  await gateway.loaded;
  const bound = gateway.server.address();
  const address = typeof bound === 'string' ? { socketPath: bound } : { port: bound?.port ?? 0 };
  return {
    ...{ gateway, address, logs },
    logged: (message) =>
      until(() => {
        const lines = logs.map((each) => JSON.parse(each) as Readonly<Record<string, unknown>>);
        return lines.find(({ msg }) => msg === message);
      }),
    call: (path, request) => httpCall(address, path, request),
  };
}

import { isInherited, requireInherited } from '../listening/listen-on.ts';
import type { Settings } from '../settings/settings.ts';
import { doorAddresses } from './door-addresses.ts';
import { GatewayProcesses } from './gateway-processes.ts';
import { openHostServices } from './host-services.ts';
import { logProcessEvents } from './log-process-events.ts';
import { stopTimeout } from './stop-timeout.ts';

/**
 * Runs the processes of a gateway until `stopped`: starts them with the program and the arguments of this one, and restarts one after
 * the other on SIGHUP. A parent process with an IPC channel receives `ready` when all of them are.
 *
 * @throws SettingsError when an inherited socket wasn't passed to this process, or an address can't be listened on.
 */
export async function runProcesses(
  settings: Settings & { readonly processes: number },
  host: NodeJS.Process,
  stopped: Promise<unknown>,
): Promise<void> {
  const addresses = doorAddresses(settings);
  for (const { address, variable } of addresses) {
    if (isInherited(address)) requireInherited(address, variable);
  }
  const [, module = '', ...args] = host.argv;
  const processes = new GatewayProcesses({
    count: settings.processes,
    program: { module, args, environment: { FAIRLEAD_PROCESSES: String(settings.processes) } },
    addresses,
    stopMs: stopTimeout(settings),
    host: openHostServices(settings, host.stdout),
    onEvent: logProcessEvents(host.stdout, settings),
  });
  host.on('SIGHUP', () => void processes.restart());
  const failure = await Promise.race([
    stopped.then(() => undefined),
    processes.ready.then(
      async () => {
        if (host.connected) host.send?.('ready');
        await stopped;
      },
      (error: unknown) => ({ error }),
    ),
  ]);
  const clean = await processes.close();
  host.exitCode = clean ? 0 : 1;
  if (failure !== undefined) throw failure.error;
}

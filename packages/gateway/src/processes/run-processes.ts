import cluster from 'node:cluster';
import { createLogger } from '@fairlead/monitoring';
import { isInherited, requireInherited } from '../listening/listen-on.ts';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import type { Settings } from '../settings/settings.ts';
import { GatewayProcesses, type ProcessEvent } from './gateway-processes.ts';

/** Time beyond its grace periods after which a process that was told to stop is killed. */
const STOP_MARGIN_MS = 10_000;

/**
 * Runs the processes of a gateway until `stopped`: starts them with the program and the arguments of this one, and restarts one after
 * the other on SIGHUP. A parent process with an IPC channel receives `ready` when all of them are.
 *
 * @throws SettingsError when an inherited socket wasn't passed to this process.
 */
export async function runProcesses(
  settings: Settings,
  host: NodeJS.Process,
  stopped: Promise<unknown>,
): Promise<void> {
  const { listen, grpcListen, logLevel, processes: count } = settings;
  if (isInherited(listen)) requireInherited(listen, 'FAIRLEAD_LISTEN');
  if (grpcListen !== undefined && isInherited(grpcListen)) {
    requireInherited(grpcListen, 'FAIRLEAD_GRPC_LISTEN');
  }
  const logger = createLogger({ destination: host.stdout, service: SERVICE, level: logLevel });
  // In the format of the structured clone, numbers like Infinity stay what they are.
  cluster.setupPrimary({ serialization: 'advanced' });
  const processes = new GatewayProcesses({
    count,
    stopMs: settings.shutdownGraceMs + settings.notReadyMs + STOP_MARGIN_MS,
    usesInheritedSockets: isInherited(listen),
    onEvent: (event: ProcessEvent) => {
      const { type, process, pid } = event;
      if (type === 'process-ended') logger.error({ process, pid, err: event.error }, type);
      else logger.info({ process, pid }, type);
    },
  });
  host.on('SIGHUP', () => void processes.restart());
  void processes.ready.then(() => host.connected && host.send?.('ready'));
  const hasFailed = await Promise.race([
    stopped.then(() => false),
    processes.failed.then(() => true),
  ]);
  const clean = await processes.close();
  host.exitCode = clean && !hasFailed ? 0 : 1;
  logger.info({ clean }, 'stopped all processes');
}

import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogDestination } from '../monitoring/logger.ts';
import { readSettings } from '../settings/read-settings.ts';
import { chooseProcesses, type ProcessChoice } from './choose-processes.ts';
import { doorAddresses } from './door-addresses.ts';
import { GatewayProcesses } from './gateway-processes.ts';
import { openHostServices } from './host-services.ts';
import { logChoice, logProcessEvents } from './log-process-events.ts';
import { stopTimeout } from './stop-timeout.ts';

const entry = new URL(`../process-main${extname(import.meta.url)}`, import.meta.url);

/** Processes that answer requests as one gateway. */
export interface RunningProcesses {
  /** Number of processes, with the reason unless the settings name it. */
  readonly choice: ProcessChoice;
  /** Resolves when every process answers; rejects when one can't start. */
  readonly loaded: Promise<void>;
  /** TCP port; undefined until one process answers, and on a socket that has none. */
  readonly port: number | undefined;
  /** Stops all processes; resolves to true when each has answered all its requests. */
  close(): Promise<boolean>;
}

/**
 * Starts as many processes of a gateway as its settings say (`FAIRLEAD_PROCESSES`), with these environment variables.
 *
 * CloudWatch gets the metrics of all processes from this one, whose AWS SDK reads `process.env`.
 *
 * @param options `log` receives the logs of all processes
 * @throws SettingsError naming the variables whose values can't be used.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { startProcesses } from '@fairlead/gateway';
 *
 * const processes = startProcesses(
 *   {
 *     FAIRLEAD_REGISTRY: await mkdtemp(join(tmpdir(), 'registry-')),
 *     FAIRLEAD_LISTEN: '127.0.0.1:0',
 *     FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
 *     FAIRLEAD_PROCESSES: '2',
 *   },
 *   { log: { write: () => undefined } },
 * );
 * await processes.loaded;
 * console.log(processes.choice.count, typeof processes.port); // 2 number
 * console.log(await processes.close()); // true
 * ```
 */
export function startProcesses(
  environment: Readonly<Record<string, string>>,
  { log }: { readonly log: LogDestination },
): RunningProcesses {
  const settings = readSettings(environment);
  const choice = chooseProcesses(settings);
  logChoice(log, settings, choice);
  const others = Object.keys(process.env).filter((name) => name.startsWith('FAIRLEAD_'));
  const processes = new GatewayProcesses({
    count: choice.count,
    program: {
      ...{ module: fileURLToPath(entry), args: [] },
      environment: {
        ...Object.fromEntries(others.map((name) => [name, undefined])),
        ...environment,
        FAIRLEAD_PROCESSES: String(choice.count),
      },
      onOutput: (text) => log.write(text),
    },
    addresses: doorAddresses(settings),
    stopMs: stopTimeout(settings),
    host: openHostServices(settings, log),
    onEvent: logProcessEvents(log, settings),
  });
  return {
    choice,
    loaded: processes.ready,
    get port() {
      return processes.port;
    },
    close: () => processes.close(),
  };
}

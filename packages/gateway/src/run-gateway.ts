import { setFlagsFromString } from 'node:v8';
import { maskCredentials } from '@fairlead/signature';
import { createGateway, type Gateway } from './create-gateway.ts';
import { chooseProcesses } from './processes/choose-processes.ts';
import { joinProcesses } from './processes/join-processes.ts';
import { logChoice } from './processes/log-process-events.ts';
import { runProcesses } from './processes/run-processes.ts';
import { SettingsError } from './settings/settings-error.ts';
import type { Settings } from './settings/settings.ts';

/** Time after which the process ends although a worker thread still computes. */
const EXIT_TIMEOUT_MS = 500;
/** V8 of Node 24. */
const EARLIEST_V8 = 13;

/**
 * Runs a gateway for the lifetime of a process: settings in, logs to standard output, shutdown on SIGTERM and SIGINT, exit code out.
 *
 * With several processes (`FAIRLEAD_PROCESSES`), this one starts them with its own program and arguments, starts each one again that ends, and on
 * SIGHUP restarts one after the other.
 *
 * The exit code is 0 when every request was answered in time, else 1. A parent process with an IPC channel receives `ready` when the
 * models are loaded. Standard error gets the reason of a failed start; credentials in it are masked.
 *
 * @example
 * ```ts
 * import { readSettings, runGateway } from '@fairlead/gateway';
 *
 * await runGateway(() => readSettings(process.env), process);
 * ```
 */
export async function runGateway(read: () => Settings, host: NodeJS.Process): Promise<void> {
  // V8 tenures objects of an allocation site early when many of them outlive a scavenge. While the young generation is small, objects
  // of a request in flight do; once tenured, they keep young objects alive, request after request.
  setFlagsFromString('--no-allocation-site-pretenuring');
  optimizeEarlier(host);

  // ONNX Runtime sends usage data from 1.30 on unless this is set.
  host.env.ORT_DISABLE_TELEMETRY ??= '1';

  // A full disk or a closed log collector costs log lines, not requests.
  host.stdout.on('error', () => undefined);
  host.stderr.on('error', () => undefined);

  const stop = Promise.withResolvers<undefined>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    host.on(signal, () => {
      stop.resolve(undefined);
    });
  }
  try {
    const given = read();
    const { process: number } = given;
    const choice = chooseProcesses(given);
    const { count } = choice;
    const settings = { ...given, processes: count };
    if (number === undefined) logChoice(host.stdout, settings, choice);
    if (count > 1 && number === undefined) {
      await runProcesses(settings, host, stop.promise);
      return;
    }
    if (number !== undefined && !host.connected) {
      throw new SettingsError(
        `FAIRLEAD_PROCESS is ${number}, but no gateway has started this process; remove it, and set FAIRLEAD_PROCESSES`,
      );
    }
    const processes = number === undefined ? undefined : joinProcesses(host, count);
    void processes?.orphaned.then(() => {
      stop.resolve(undefined);
    });
    const gateway = await createGateway(settings, {
      log: host.stdout,
      ...(processes && { processes }),
    });
    // A shutdown doesn't wait until the models are loaded.
    await Promise.race([
      gateway.loaded.then(() => processes?.reportReady() ?? reportReady(gateway, host)),
      stop.promise,
    ]);
    await stop.promise;
    host.exitCode = (await gateway.close()) ? 0 : 1;
    await processes?.leave();
    // Not process.exit(): a worker thread that still computes would abort the whole process when its native code returns.
    setTimeout(() => host.kill(host.pid, 'SIGKILL'), EXIT_TIMEOUT_MS).unref();
  } catch (error) {
    const isExpected =
      error instanceof SettingsError || (error instanceof Error && 'code' in error);
    const text = isExpected ? error.message : String((error as Error).stack ?? error);
    host.stderr.write(`${maskCredentials(text)}\n`);
    host.exit(1);
  }
}

/**
 * Lets V8 optimize functions earlier than after 3,000 calls, and than 500 after the last object of a new shape: with these numbers a gateway
 * under load is slow for three seconds. In the end it is measured to be as fast with smaller ones, with less memory.
 */
function optimizeEarlier({ versions }: NodeJS.Process): void {
  // Earlier versions don't know these flags, and write that to standard error.
  if (Number.parseInt(versions.v8, 10) < EARLIEST_V8) return;
  setFlagsFromString('--invocation-count-for-turbofan=500');
  setFlagsFromString('--minimum-invocations-after-ic-update=100');
}

/** Sends `ready` to a parent process with an IPC channel, such as PM2. */
async function reportReady(gateway: Gateway, host: NodeJS.Process): Promise<void> {
  if (host.connected && (await gateway.isReady())) host.send?.('ready');
}

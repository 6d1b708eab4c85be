import { setFlagsFromString } from 'node:v8';
import { maskCredentials } from '@fairlead/signature';
import { SettingsError } from './settings/settings-error.ts';
import { readSettings } from './settings/read-settings.ts';
import { startGateway, type Gateway } from './start-gateway.ts';

// What computes for longer than that after everything else is closed is cut off with the process.
const LAST_MOMENT_MS = 500;

// V8 watches which objects outlive a scavenge and makes their like old at once. While the young generation is small, whatever
// belongs to a request in flight does so; what is then made old holds on to what is young, request for request.
setFlagsFromString('--no-allocation-site-pretenuring');

// ONNX Runtime from 1.30 on reports its use to its maker unless it is told not to.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

// A log on a full disk, or a collector that is gone, costs lines of the log and no request.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const stop = Promise.withResolvers<undefined>();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    stop.resolve(undefined);
  });
}

/** Whoever started this process with a channel, such as the sample's starter or PM2, waits for that word. */
async function tellReady(gateway: Gateway): Promise<void> {
  if (process.connected && (await gateway.isReady())) process.send?.('ready');
}

try {
  const gateway = await startGateway(readSettings(process.env), process.stdout);
  // Whoever wants it to stop needn't wait until the models are loaded.
  await Promise.race([gateway.loaded.then(() => tellReady(gateway)), stop.promise]);
  await stop.promise;
  process.exitCode = (await gateway.close()) ? 0 : 1;
  // Not process.exit(): a worker thread that still computes would abort the whole process when its native code returns.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_MOMENT_MS).unref();
} catch (error) {
  const told = error instanceof SettingsError || (error instanceof Error && 'code' in error);
  const text = told ? error.message : String((error as Error).stack ?? error);
  process.stderr.write(`${maskCredentials(text)}\n`);
  process.exit(1);
}

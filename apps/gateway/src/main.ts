import { startGateway } from './start-gateway.ts';
import { readSettings, SettingsError } from './settings.ts';

function fail(error: unknown): never {
  const known = error instanceof SettingsError || (error instanceof Error && 'code' in error);
  process.stderr.write(`${known ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exit(1);
}

try {
  const gateway = await startGateway(readSettings(process.env), process.stdout);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    gateway.close().then((clean) => process.exit(clean ? 0 : 1), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  fail(error);
}

import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createLogger } from '@fairlead/monitoring';
import { temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { openGuard } from '../src/access/open-guard.ts';
import { createMonitoring } from '../src/monitoring/create-monitoring.ts';
import { createProtocols } from '../src/protocols/create-protocols.ts';
import { readSettings } from '../src/settings/read-settings.ts';
import { pepper, writeKeysFile } from './support/keys-file.ts';

// Each of them leaves revoked keys accepted.
test.each<readonly [string, (keysFile: string) => void]>([
  [
    'incomplete',
    (file) => {
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
    },
  ],
  [
    'writable by other accounts',
    (file) => {
      chmodSync(file, 0o666);
    },
  ],
  [
    'missing',
    (file) => {
      rmSync(file);
    },
  ],
])('a keys file that is %s is reported until it is replaced', async (_problem, damage) => {
  const { keysFile } = writeKeysFile(temporaryFolder(), { user: { scopes: ['infer:*'] } });
  const settings = readSettings({ FAIRLEAD_KEYS_FILE: keysFile, FAIRLEAD_PEPPER: pepper });
  const logs: string[] = [];
  const logger = createLogger({
    destination: { write: (line: string) => logs.push(line) },
    service: 'test',
    level: 'info',
  });
  const logged = (level: string, message: string) =>
    logs.filter((each) => {
      const line = JSON.parse(each) as { readonly level: string; readonly msg: string };
      return line.level === level && line.msg === message;
    }).length;
  const monitoring = await createMonitoring(settings, () => undefined);
  const opened = await openGuard(
    settings,
    createProtocols(settings),
    { ...monitoring, logger },
    {
      intervalMs: 20,
    },
  );
  onTestFinished(() => {
    opened.close();
  });
  const staleness = async (): Promise<number> => {
    const page = await monitoring.metrics.registry.metrics();
    return Number(/^fairlead_keys_file_staleness_seconds (\S+)$/m.exec(page)?.[1]);
  };
  expect([opened.warnings(), await staleness()]).toEqual([[], 0]);

  const good = readFileSync(keysFile);
  damage(keysFile);
  await until(() => opened.warnings().length > 0);
  expect(await staleness()).toBeGreaterThan(0);
  expect(logged('error', 'keys file not taken over')).toBe(1);

  rmSync(keysFile, { force: true });
  writeFileSync(keysFile, good, { mode: 0o600 });
  await until(() => opened.warnings().length === 0);
  expect(await staleness()).toBe(0);
  expect(logged('info', 'keys file taken over again')).toBe(1);
});

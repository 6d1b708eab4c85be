import { availableParallelism, totalmem } from 'node:os';
import { temporaryFolder, until } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { readSettings, type Settings } from '../../src/index.ts';
import { chooseProcesses } from '../../src/processes/choose-processes.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { readyProcesses } from '../support/process-lines.ts';

const GIB = 1024 ** 3;

function settings(processes: string, more: Readonly<Record<string, string>> = {}): Settings {
  return readSettings({
    FAIRLEAD_REGISTRY: '.',
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_PROCESSES: processes,
    ...more,
  });
}

test('auto is one process for each core', () => {
  expect(chooseProcesses(settings('auto'), { cores: 4, memoryBytes: 16 * GIB })).toEqual({
    count: 4,
    reason: 'one for each core; 15 of 1024 MiB (FAIRLEAD_PROCESS_MEMORY_BYTES) fit into 16384 MiB',
  });
});

test.each([
  [8, 3],
  [1.5, 1],
  [0.5, 1],
])('auto is no more processes than fit into the memory: %d GiB', (gib, count) => {
  const more = { FAIRLEAD_PROCESS_MEMORY_BYTES: String(2 * GIB) };
  const choice = chooseProcesses(settings('auto', more), { cores: 4, memoryBytes: gib * GIB });
  expect(choice).toMatchObject({ count });
  expect(choice.reason).toContain('no more processes of 2048 MiB');
  expect(choice.reason).toContain('4 cores');
});

test('a number of the settings is used on any machine', () => {
  expect(chooseProcesses(settings('5'), { cores: 2, memoryBytes: GIB })).toEqual({ count: 5 });
});

test('the machine of this test has its cores', () => {
  const more = { FAIRLEAD_PROCESS_MEMORY_BYTES: '1' };
  expect(chooseProcesses(settings('auto', more)).count).toBe(availableParallelism());
  const large = { FAIRLEAD_PROCESS_MEMORY_BYTES: String(2 * totalmem()) };
  expect(chooseProcesses(settings('auto', large)).count).toBe(1);
});

test.each([
  ['1048576', availableParallelism()],
  [String(2 * totalmem()), 1],
])('a gateway logs the reason of auto: processes of %s bytes', async (bytes, processes) => {
  const gateway = startGatewayProcess({
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: temporaryFolder(),
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_PROCESSES: 'auto',
    FAIRLEAD_PROCESS_MEMORY_BYTES: bytes,
  });
  expect(await gateway.logged('processes')).toMatchObject({
    processes,
    reason: expect.stringContaining('FAIRLEAD_PROCESS_MEMORY_BYTES') as string,
  });
  if (processes > 1) await until(() => readyProcesses(gateway).size === processes);
  else await gateway.logged('models loaded');
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
});

import { until } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { startInheritedLoad } from '../support/inherited-load.ts';
import { readyProcesses } from '../support/process-lines.ts';

const KILLS = 2;
const CLIENTS = 8;

test('a restart of one process after the other loses no request, on connections that are reused and on new ones', async () => {
  const { wrong, gateway, begin, end, answers } = await startInheritedLoad();
  const processes = gateway({ FAIRLEAD_PROCESSES: '2' });
  await until(() => readyProcesses(processes).size === 2);
  const before = [...readyProcesses(processes).values()];
  const clients = begin();
  await answers(200);
  processes.signal('SIGHUP');
  await until(() => [...readyProcesses(processes).values()].every((pid) => !before.includes(pid)));
  await answers(200);
  processes.signal('SIGTERM');
  expect(await processes.ended).toBe(0);
  // Connections wait in the socket for the next gateway.
  gateway();
  await answers(200);
  end();
  await Promise.all(clients);
  expect(wrong).toEqual([]);
});

test('of processes that are killed, only requests that they had received fail, at once, and each process is back', async () => {
  const { wrong, gateway, begin, end, answers } = await startInheritedLoad();
  const processes = gateway({ FAIRLEAD_PROCESSES: '2' });
  await until(() => readyProcesses(processes).size === 2);
  const clients = begin();
  await answers(200);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const [pid = 0] = [...readyProcesses(processes).values()];
    process.kill(pid, 'SIGKILL');
    // The other process answers.
    await answers(100);
    await until(() => {
      const ready = [...readyProcesses(processes).values()];
      return ready.length === 2 && !ready.includes(pid);
    });
    await answers(100);
  }
  end();
  // None waits for an answer that never comes.
  await Promise.all(clients);
  expect(wrong.map((error) => (error as NodeJS.ErrnoException).code)).toEqual(
    wrong.map(() => expect.stringMatching(/^(?:ECONNRESET|EPIPE)$/) as unknown),
  );
  expect(wrong.length).toBeLessThanOrEqual(KILLS * CLIENTS);
  processes.signal('SIGTERM');
  expect(await processes.ended).toBe(0);
});

import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { joinProcesses } from '../../src/processes/join-processes.ts';

test('a process whose parent ends before it has answered that it is ready stops in order', async () => {
  const host = new EventEmitter() as NodeJS.Process;
  host.send = () => true;
  const processes = joinProcesses(host, 2);
  const reported = processes.reportReady();
  host.emit('disconnect');
  await expect(reported).resolves.toBeUndefined();
  await expect(processes.orphaned).resolves.toBeUndefined();
});

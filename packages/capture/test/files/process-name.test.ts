import { expect, test } from 'vitest';
import { isProcessFolder, isRunning, processName } from '../../src/files/process-name.ts';

test('a process runs as long as its id is of the same start and boot', () => {
  const own = `${processName()}-aaaaaaaaaaaa`;
  const [pid = '', start = '', boot = ''] = own.split('-');
  expect(isProcessFolder(own)).toBe(true);
  expect(isRunning(own)).toBe(true);
  expect(isRunning(`${pid}-${Number(start) + 1}-${boot}-aaaaaaaaaaaa`)).toBe(false);
  expect(isRunning(`${pid}-${start}-ffffffff-aaaaaaaaaaaa`)).toBe(false);
  expect(isRunning(`4194304-${start}-${boot}-aaaaaaaaaaaa`)).toBe(false);
  expect(isProcessFolder('foreign')).toBe(false);
});
